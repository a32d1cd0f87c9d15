"""Everything that happened, newest first: what every slice tells, by kind, page by page, for who may read it."""

from datetime import UTC, datetime
from html import unescape
from urllib.parse import quote
from uuid import UUID

import pytest

from tests.chart.test_summary import SIGNS
from tests.client import Client, items
from tests.lab.way import final, measured, patient_of
from tests.notes.writing import begun, save
from tests.prescribing import confirmed
from tests.queries import queries_at_most


@pytest.fixture
async def person(client: Client) -> str:
    """Somebody to whom a bit of everything has happened."""
    person = await patient_of(client)
    home = f"/patients/{person}"
    assert (await client.post(f"{home}/observations", SIGNS, as_="nurse_a")).status_code == 201
    await final(client, person, "K", 5.6)
    order = {"lines": ["bisoprolol 5 mg po od", "furosemide 40 mg po stat"]}
    assert (await confirmed(client, f"{home}/medicines", order, as_="doctor_a")).status_code == 200
    [dose, *_] = (await client.get(f"{home}/given", as_="nurse_a")).json()["doses"]
    refused = {"reason": "asleep"}
    assert (
        await client.post(f"/doses/{dose['id']}/not-given", refused, as_="nurse_a", version=dose["version"])
    ).status_code == 200
    note = await begun(client, person)
    await save(client, note, "plan", "Oxygen.", as_="doctor_a")
    assert (await client.post(f"/notes/{note}/signature", {}, as_="doctor_a", version=2)).status_code == 200
    assert (await client.post(f"{home}/problems", {"display": "Asthma"}, as_="doctor_a")).status_code == 201
    done = {"display": "Drain", "performed_on": "2026-11-20"}
    assert (await client.post(f"{home}/procedures", done, as_="doctor_a")).status_code == 201
    return person


async def test_every_slice_tells_what_happened(client: Client, person: str) -> None:
    found = items(await client.get(f"/patients/{person}/timeline", as_="nurse_a"))
    told = {each["what"]: each for each in reversed(found)}
    assert set(told) >= {
        "visit",
        "observations",
        "order",
        "result",
        "medicine",
        "given",
        "note",
        "problem",
        "procedure",
        "task",
    }
    assert [each["at"] for each in found] == sorted((each["at"] for each in found), reverse=True)
    assert "Potassium 5.6 high" in told["result"]["detail"]
    assert told["medicine"]["title"].startswith(("bisoprolol 5 mg", "furosemide 40 mg"))
    assert (told["given"]["title"], told["given"]["detail"]) == ("furosemide", "not given, asleep")
    assert (told["note"]["title"], told["note"]["detail"]) == ("Progress note", "signed")
    assert told["observations"]["detail"] == "NEWS2 11"
    assert "20-Nov-2026" in told["procedure"]["detail"]
    for each in told.values():
        opened = await client.get(each["href"], as_="doctor_a", html=True)
        assert opened.status_code == 200, each["href"]


async def test_one_kind_at_a_time(client: Client, person: str) -> None:
    for what in ("result", "medicine", "task", "visit"):
        found = items(await client.get(f"/patients/{person}/timeline?what={what}", as_="nurse_a"))
        assert {each["what"] for each in found} == {what}
    page = await client.get(f"/patients/{person}/timeline?what=result", as_="nurse_a", html=True)
    assert page.status_code == 200
    assert "Potassium 5.6 high" in page.text
    assert f"/patients/{person}/timeline?what=medicine" in unescape(page.text)
    assert page.headers["wardline-topic"].startswith(f"patient:{person}@")
    assert (await client.get(f"/patients/{person}/timeline?what=nonsense", as_="nurse_a")).status_code == 422


async def test_it_goes_on_page_by_page_without_a_gap(client: Client) -> None:
    person = await patient_of(client)
    for _ in range(60):
        await client.post(f"/patients/{person}/problems", {"display": "Asthma"}, as_="doctor_a")
    path = f"/patients/{person}/timeline"
    first = (await client.get(path, as_="nurse_a")).json()
    second = (await client.get(f"{path}?before={quote(first['next'])}", as_="nurse_a")).json()
    keys = [(each["what"], each["subject_id"], each["step"]) for each in first["items"] + second["items"]]
    assert (len(first["items"]), len(set(keys)), second["next"]) == (50, len(keys), None)
    assert len([key for key in keys if key[0] == "problem"]) == 60
    for wrong in ("nonsense", "9999-12-31T23:59:59-14:00~x", "0001-01-01T00:00:00+14:00~x", "2026-11-26T10:00:00~x"):
        assert (await client.get(f"{path}?before={quote(wrong)}", as_="nurse_a")).status_code == 400, wrong


async def test_what_happened_at_one_time_is_told_once(client: Client) -> None:
    """More events of one moment than a page holds: the key goes on where the time cannot."""
    person = await patient_of(client)
    for at in range(55):
        await client.post(f"/patients/{person}/problems", {"display": f"Asthma {at}"}, as_="doctor_a")
    moment = datetime(2026, 11, 26, 10, tzinfo=UTC)
    async with client.world.owner() as db:
        await db.execute("UPDATE encounters.problem SET created_at = $2 WHERE person_id = $1", UUID(person), moment)
    path, seen, before = f"/patients/{person}/timeline?what=problem", list[str](), ""
    while before is not None:
        page = (await client.get(f"{path}&before={quote(before)}" if before else path, as_="nurse_a")).json()
        seen += [each["subject_id"] for each in page["items"]]
        before = page["next"]
    assert (len(seen), len(set(seen))) == (55, 55)


async def test_who_may_read_what(client: Client, person: str) -> None:
    path = f"/patients/{person}/timeline"
    technician = (await client.get(path, as_="laboratory_technician_a")).json()
    may_read_notes = (await client.get(f"/patients/{person}/notes", as_="laboratory_technician_a")).status_code == 200
    assert ("note" in {each["what"] for each in technician["items"]}) == may_read_notes
    assert (await client.get(path, as_="receptionist_a")).status_code == 403
    assert (await client.get(path, as_="doctor_b")).status_code == 404


async def test_a_critical_value_stands_there_before_its_clinical_release(client: Client) -> None:
    person = await patient_of(client)
    await measured(client, person, "NA", 140)
    await measured(client, person, "K", 6.9)
    [event] = items(await client.get(f"/patients/{person}/timeline?what=result", as_="nurse_a"))
    assert event["detail"] == "Potassium 6.9 critically high"


async def test_it_takes_few_questions(client: Client, person: str) -> None:
    with queries_at_most(client, 6):
        assert (await client.get(f"/patients/{person}/timeline", as_="nurse_a", html=True)).status_code == 200


async def test_the_summary_shows_what_stands_of_medicines(client: Client, person: str) -> None:
    with queries_at_most(client, 2):
        page = await client.get(f"/patients/{person}", as_="nurse_a", html=True)
    assert "bisoprolol" in page.text
    summary = (await client.get(f"/patients/{person}", as_="nurse_a")).json()
    shown = sorted((each["name"], each["dose"]) for each in summary["medicines"])
    assert shown == [("bisoprolol", "5 mg"), ("furosemide", "40 mg")]
    medicines = (await client.get(f"/patients/{person}/medicines", as_="doctor_a")).json()["items"]
    held = await client.post(
        f"/medicines/{medicines[0]['id']}/hold",
        {"reason": "Low pressure"},
        as_="doctor_a",
        version=medicines[0]["version"],
    )
    assert held.status_code == 200, held.text
    again = await client.get(f"/patients/{person}", as_="nurse_a", html=True)
    assert "Low pressure" in again.text, "the kept page is read anew"
