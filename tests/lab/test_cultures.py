"""Microbiology on the page: organisms with their table, no growth, an interim report and then the final one."""

import re
from typing import Any
from uuid import UUID, uuid4

from tests.client import Client
from tests.lab.way import look, patient_of, received, step

COLI = {
    "isolates.0.organism": "Escherichia coli",
    "isolates.0.quantity": "over 10^8 /L",
    "isolates.0.susceptibility.Trimethoprim": "R",
    "isolates.0.susceptibility.Amoxicillin/clavulanate": "S",
    "isolates.0.mic.Amoxicillin/clavulanate": "<=2",
    "isolates.0.more.0.drug": "Pivmecillinam",
    "isolates.0.more.0.sir": "S",
}


async def sent(client: Client, result: dict[str, Any], form: dict[str, Any], act: str = "value") -> Any:
    """The form as a browser sends it."""
    hidden: dict[str, Any] = {"version": result["version"], "idempotency_key": uuid4().hex}
    if act == "value":
        hidden["_method"] = "PUT"
    return await client.call(
        "POST", f"/results/{result['id']}/{act}", as_="laboratory_technician_a", key="", form={**hidden, **form}
    )


async def culture(client: Client, person: str) -> dict[str, Any]:
    return (await received(client, person, "UCULT"))["results"]["UCULT"]


async def seen(client: Client, result: dict[str, Any], who: str = "laboratory_technician_a") -> dict[str, Any]:
    return (await client.get(f"/results/{result['id']}", as_=who)).json()["result"]


async def released(client: Client, result: dict[str, Any]) -> dict[str, Any]:
    for name in ("technical-release", "clinical-release"):
        answer = await step(client, result, name)
        assert answer.status_code == 200, answer.text
        result = answer.json()
    return result


async def test_the_form_keeps_organisms_with_their_table(client: Client) -> None:
    person = await patient_of(client)
    result = await culture(client, person)
    page = await client.get(f"/cultures/{result['id']}", as_="laboratory_technician_a", html=True)
    assert page.status_code == 200, page.text
    assert 'name="isolates.0.susceptibility.Trimethoprim"' in page.text
    assert len(re.findall("<details", page.text)) >= 3
    saved = await sent(client, result, COLI)
    assert saved.status_code in (200, 303), saved.text
    found = await seen(client, result)
    assert found["words"] == "Escherichia coli"
    assert found["isolates"] == [
        {
            "organism": "Escherichia coli",
            "quantity": "over 10^8 /L",
            "susceptibility": {"Trimethoprim": "R", "Amoxicillin/clavulanate": "S", "Pivmecillinam": "S"},
            "mic": {"Amoxicillin/clavulanate": "<=2"},
        }
    ]
    again = await client.get(f"/cultures/{result['id']}", as_="laboratory_technician_a", html=True)
    assert 'value="Escherichia coli"' in again.text
    assert "Pivmecillinam" in again.text
    await released(client, found)
    ward = await client.get(f"/patients/{person}/results", as_="doctor_a", html=True)
    for words in ("Escherichia coli", "R – resistant", "&lt;=2", "Pivmecillinam", "Final"):
        assert words in ward.text, words
    report = await client.get(f"/patients/{person}/results/report", as_="doctor_a")
    assert (report.status_code, report.content[:5]) == (200, b"%PDF-")


async def test_what_contradicts_itself_is_refused(client: Client) -> None:
    result = await culture(client, await patient_of(client))
    for form, field in (
        ({}, "words"),
        (COLI | {"no_growth": "true"}, "no_growth"),
        (COLI | {"isolates.0.mic.Gentamicin": "1"}, "isolates[0].mic"),
        (COLI | {"isolates.0.mic.Trimethoprim": "a lot"}, "isolates[0].mic[...]"),
        (COLI | {"isolates.0.more.0.drug": "Trimethoprim"}, "isolates[0].more"),
        ({"isolates.0.quantity": "heavy"}, "isolates[0].organism"),
    ):
        body = await client.call(
            "POST",
            f"/results/{result['id']}/value",
            as_="laboratory_technician_a",
            form={"_method": "PUT", "version": result["version"], **form},
            key="",
            headers={"idempotency-key": f"{result['id']}{field}"},
        )
        assert (body.status_code, list(body.json()["fields"])) == (422, [field]), body.text
    number = (await received(client, await patient_of(client), "K"))["results"]["K"]
    assert (await client.get(f"/cultures/{number['id']}", as_="laboratory_technician_a")).status_code == 404
    for who, code in (("doctor_a", 403), ("nurse_a", 403), ("laboratory_technician_b", 404)):
        assert (await client.get(f"/cultures/{result['id']}", as_=who)).status_code == code


async def test_an_interim_report_goes_out_and_the_final_one_amends_nothing(client: Client) -> None:
    person = await patient_of(client)
    result = await culture(client, person)
    await sent(client, result, {"no_growth": "true", "words": "After one day", "report": "interim"})
    result = await released(client, await seen(client, result))
    assert (result["words"], result["report"], result["revision"]) == ("No growth. After one day", "interim", 1)
    specimen = await look(client, result["specimen_id"])
    assert specimen["state"] == "received", "the specimen stays on the bench until the final report"
    assert "Interim" in (await client.get(f"/patients/{person}/results", as_="doctor_a", html=True)).text

    final = await sent(client, result, COLI | {"report": "final"}, act="report")
    assert final.status_code in (200, 303), final.text
    now = await seen(client, result, "doctor_a")
    assert (now["words"], now["report"], now["revision"], now["followups"]) == ("Escherichia coli", "final", 2, 1)
    assert (await look(client, result["specimen_id"]))["state"] == "done"
    page = await client.get(f"/patients/{person}/results", as_="doctor_a", html=True)
    assert "Final" in page.text
    assert "Amended" not in page.text
    kinds = [each["kind"] for each in (await client.get(f"/results/{result['id']}", as_="doctor_a")).json()["history"]]
    assert kinds[-2:] == ["clinically_released", "reported"]

    again = await sent(client, now, COLI, act="report")
    assert again.status_code == 409, "after the final report there are only amendments"
    late = await sent(client, result, COLI, act="report")
    assert late.status_code == 412
    amended = await sent(client, now, COLI | {"reason": "Other plate", "words": "Two plates"}, act="amendment")
    assert amended.status_code in (200, 303), amended.text
    assert "Amended" in (await client.get(f"/patients/{person}/results", as_="doctor_a", html=True)).text


# --- growth in blood is told as a critical value is -------------------------------------------------------------------
async def blood(client: Client, person: str) -> dict[str, Any]:
    return (await received(client, person, "BCULT"))["results"]["BCULT"]


async def call_of(client: Client, result: dict[str, Any]) -> dict[str, Any] | None:
    calls = (await client.get("/lab", as_="laboratory_technician_a")).json()["calls"]
    return next((call for call in calls if call["result_id"] == result["id"]), None)


async def told(client: Client, call: dict[str, Any], read_back: str) -> Any:
    body = {"told_to": "Dr Amy Reid", "identifiers": ["name", "born_on"], "read_back_words": read_back}
    return await client.post(
        f"/critical-calls/{call['id']}/call-back", body, as_="laboratory_technician_a", version=call["version"]
    )


async def test_a_gram_stain_of_a_blood_culture_opens_the_loop_and_is_read_back_in_words(client: Client) -> None:
    result = await blood(client, await patient_of(client))
    await sent(client, result, {"words": "Gram-positive cocci in clusters", "report": "interim"})
    result = (await step(client, await seen(client, result), "technical-release")).json()
    assert result["flag"] == "POS"
    call = await call_of(client, result)
    assert call is not None
    assert (call["shown"], call["limit"], call["value"]) == ("Gram-positive cocci in clusters", "growth in blood", None)
    kept = await step(client, result, "clinical-release")
    assert (kept.status_code, kept.json()["code"]) == (409, "nobody_was_told")
    page = await client.get(f"/critical-calls/{call['id']}", as_="laboratory_technician_a", html=True)
    assert 'name="read_back_words"' in page.text
    refused = await told(client, call, "gram negative rods")
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["read_back_words"])
    heard = await told(client, call, "Gram positive cocci, clusters")
    assert heard.status_code == 200, heard.text
    released_now = await step(client, await seen(client, result), "clinical-release")
    assert released_now.status_code == 200, released_now.text
    acknowledged = await client.post(
        f"/critical-calls/{call['id']}/acknowledgement",
        {"action": "Flucloxacillin started"},
        as_="doctor_a",
        version=heard.json()["version"],
    )
    assert acknowledged.status_code == 200, acknowledged.text
    assert await call_of(client, result) is None


async def test_the_name_of_what_grows_is_told_anew_and_its_susceptibilities_are_read(client: Client) -> None:
    result = await blood(client, await patient_of(client))
    await sent(client, result, {"words": "Gram-negative rods", "report": "interim"})
    await step(client, await seen(client, result), "technical-release")
    call = await call_of(client, result)
    assert call is not None
    assert (await told(client, call, "Gram negative rods")).status_code == 200
    assert (await step(client, await seen(client, result), "clinical-release")).status_code == 200
    named = {"isolates.0.organism": "Escherichia coli", "report": "interim"}
    assert (await sent(client, await seen(client, result), named, "report")).status_code in (200, 303)
    again = await call_of(client, result)
    assert again is not None
    assert again["shown"] == "Escherichia coli"
    both = [
        each
        for each in (await client.get("/lab", as_="laboratory_technician_a")).json()["calls"]
        if each["result_id"] == result["id"]
    ]
    untold = next(each for each in both if each["told_at"] is None)
    assert (await told(client, untold, "E coli")).status_code == 422
    assert (await told(client, untold, "Escherichia coli")).status_code == 200
    final = {**COLI, "report": "final"}
    assert (await sent(client, await seen(client, result), final, "report")).status_code in (200, 303)
    both = [
        each
        for each in (await client.get("/lab", as_="laboratory_technician_a")).json()["calls"]
        if each["result_id"] == result["id"]
    ]
    assert [each for each in both if each["told_at"] is None] == []


async def test_another_organism_under_the_same_words_is_told_anew(client: Client) -> None:
    result = await blood(client, await patient_of(client))
    one = {"words": "Growth in both bottles", "isolates.0.organism": "Staphylococcus epidermidis", "report": "interim"}
    await sent(client, result, one)
    await step(client, await seen(client, result), "technical-release")
    call = await call_of(client, result)
    assert call is not None
    assert (await told(client, call, "Staphylococcus epidermidis")).status_code == 200
    assert (await step(client, await seen(client, result), "clinical-release")).status_code == 200
    two = {**one, "isolates.1.organism": "Escherichia coli"}
    assert (await sent(client, await seen(client, result), two, "report")).status_code in (200, 303)
    calls = (await client.get("/lab", as_="laboratory_technician_a")).json()["calls"]
    assert [each for each in calls if each["result_id"] == result["id"] and each["told_at"] is None]


async def test_growth_that_was_entered_before_it_was_marked_is_told_at_its_release(client: Client) -> None:
    """As after an upgrade, or from a server of the version before."""
    result = await blood(client, await patient_of(client))
    await sent(client, result, {"words": "Gram-negative rods", "report": "interim"})
    async with client.world.owner() as db:
        await db.execute("UPDATE lab.result SET flag = NULL WHERE id = $1", UUID(result["id"]))
    gone = (await step(client, await seen(client, result), "technical-release")).json()
    assert gone["flag"] == "POS"
    assert await call_of(client, result) is not None


async def test_no_growth_in_blood_and_growth_in_urine_call_nobody(client: Client) -> None:
    person = await patient_of(client)
    none = await blood(client, person)
    for result, form in ((none, {"words": "no growth after 5 days"}), (await culture(client, person), COLI)):
        await sent(client, result, form)
        gone = (await step(client, await seen(client, result), "technical-release")).json()
        assert gone["flag"] is None
        assert await call_of(client, result) is None


async def test_growth_after_an_interim_report_without_any_opens_the_loop(client: Client) -> None:
    result = await blood(client, await patient_of(client))
    await sent(client, result, {"no_growth": "true", "words": "After one day", "report": "interim"})
    result = await released(client, await seen(client, result))
    assert await call_of(client, result) is None
    await sent(
        client,
        await seen(client, result),
        {"isolates.0.organism": "Staphylococcus aureus", "report": "final"},
        "report",
    )
    call = await call_of(client, result)
    assert call is not None
    assert call["shown"] == "Staphylococcus aureus"
