"""An order's way through the front door: who may do what, in which order, and what stays in the history."""

from datetime import date
from typing import Any
from urllib.parse import quote

import asyncpg
import pytest

from tests.client import Client, items
from tests.lab.way import act, enter, final, look, measured, ordered, patient_of, placed, received, step
from tests.queries import queries_at_most
from wardline.lab import report


async def results_of(client: Client, person: str, who: str = "nurse_a") -> dict[str, dict[str, Any]]:
    answer = await client.get(f"/patients/{person}/results", as_=who)
    assert answer.status_code == 200, answer.text
    return {each["test"]: each for each in answer.json()["items"]}


async def test_an_order_becomes_a_tube_for_each_container(client: Client) -> None:
    person = await patient_of(client)
    order = await ordered(client, person, "UE", "FBC", "CRP", "K", urgency="urgent", reason="Sepsis?")
    tubes = {each["container"]: each for each in order["specimens"]}
    assert set(tubes) == {"Serum gel tube", "EDTA tube"}
    assert "C reactive protein" in tubes["Serum gel tube"]["tests"]
    assert tubes["Serum gel tube"]["tests"].count("Potassium") == 1
    assert len({each["barcode"] for each in order["specimens"]}) == 2
    assert (order["urgency"], order["reason"]) == ("urgent", "Sepsis?")
    again = await client.get(f"/lab-orders/{order['id']}", as_="nurse_a")
    assert again.json()["specimens"] == order["specimens"]
    assert order["id"] in {
        each["id"] for each in items(await client.get(f"/patients/{person}/lab-orders", as_="nurse_a"))
    }


async def test_what_is_not_in_the_catalogue_is_named(client: Client) -> None:
    person = await patient_of(client)
    answer = await client.post(f"/patients/{person}/lab-orders", {"tests": ["K", "NOSUCH"]}, as_="doctor_a")
    assert (answer.status_code, answer.json()["fields"]) == (422, {"tests": "Not in the catalogue: NOSUCH."})


async def test_the_whole_way(client: Client) -> None:
    person = await patient_of(client)
    specimen = await received(client, person, "K")
    assert specimen["state"] == "received"
    assert specimen["due_at"] > specimen["received_at"]
    result = await enter(client, specimen["results"]["K"], 5.4)
    assert (result["state"], result["flag"], result["shown"], result["interval"]) == (
        "resulted",
        "H",
        "5.4",
        "3.5 – 5.2",
    )
    assert await results_of(client, person) == {}
    technical = (await step(client, result, "technical-release")).json()
    assert technical["state"] == "technically_released"
    assert await results_of(client, person) == {}, "the wards see it from the clinical release on"
    released = (await step(client, technical, "clinical-release")).json()
    assert released["state"] == "clinically_released"
    assert (await results_of(client, person))["K"]["value"] == 5.4
    assert (await look(client, specimen["id"]))["state"] == "done"
    page = (await client.get(f"/results/{result['id']}", as_="doctor_a")).json()
    kinds = [each["kind"] for each in page["history"]]
    assert kinds == ["ordered", "collected", "received", "resulted", "technically_released", "clinically_released"]


async def test_steps_out_of_order_are_refused(client: Client) -> None:
    person = await patient_of(client)
    order = await ordered(client, person, "K")
    [specimen] = order["specimens"]
    early = await client.post(f"/specimens/{specimen['id']}/receipt", {}, as_="laboratory_technician_a", version=1)
    assert (early.status_code, early.json()["code"]) == (409, "not_in_this_state")
    found = (await look(client, specimen["id"]))["results"]["K"]
    for name in ("technical-release", "clinical-release"):
        answer = await step(client, found, name)
        assert (answer.status_code, answer.json()["code"]) == (409, "not_in_this_state")
    answer = await client.put(f"/results/{found['id']}/value", {"value": 4}, as_="laboratory_technician_a", version=1)
    assert answer.status_code == 409
    missing = await client.post(f"/specimens/{specimen['id']}/collection", {}, as_="nurse_a")
    assert (missing.status_code, missing.json()["code"]) == (428, "version_required")
    await act(client, specimen, "collection", "nurse_a")
    stale = await client.post(f"/specimens/{specimen['id']}/collection", {}, as_="nurse_a", version=1)
    assert stale.status_code == 412


async def test_another_patients_wristband_is_refused(client: Client) -> None:
    person = await patient_of(client)
    [specimen] = (await ordered(client, person, "K"))["specimens"]
    wrong = await client.post(
        f"/specimens/{specimen['id']}/collection", {"wristband": "0000000000"}, as_="nurse_a", version=1
    )
    assert (wrong.status_code, wrong.json()["code"]) == (409, "other_patient")
    right = await client.post(
        f"/specimens/{specimen['id']}/collection", {"wristband": specimen["network_number"]}, as_="nurse_a", version=1
    )
    assert (right.status_code, right.json()["state"]) == (200, "collected")


async def test_a_rejected_specimen_is_asked_for_again(client: Client) -> None:
    person = await patient_of(client)
    specimen = await received(client, person, "K", "NA")
    await act(client, specimen, "rejection", "laboratory_technician_a", {"reason": "Haemolysed"})
    order = (await client.get(f"/lab-orders/{specimen['request_id']}", as_="nurse_a")).json()
    old, new = order["specimens"]
    assert (old["state"], old["reject_reason"], new["state"]) == ("rejected", "Haemolysed", "ordered")
    assert (new["replaces_id"], sorted(new["tests"])) == (old["id"], ["Potassium", "Sodium"])
    assert new["barcode"] != old["barcode"]


async def test_a_specimen_is_not_rejected_while_a_released_result_stands(client: Client) -> None:
    specimen = await received(client, await patient_of(client), "K", "NA")
    potassium = await enter(client, specimen["results"]["K"], 4.4)
    potassium = (await step(client, potassium, "technical-release")).json()
    path = f"/specimens/{specimen['id']}/rejection"
    body = {"reason": "Wrong patient's tube"}
    refused = await client.post(path, body, as_="laboratory_technician_a", version=specimen["version"])
    assert (refused.status_code, refused.json()["code"]) == (409, "not_in_this_state")
    assert refused.json()["detail"].startswith("Withdraw its results first: K.")
    assert (await step(client, potassium, "withdrawal", body=body)).status_code == 200
    assert (await act(client, specimen, "rejection", "laboratory_technician_a", body))["state"] == "rejected"


async def test_nothing_of_a_rejected_specimen_is_released(client: Client) -> None:
    specimen = await received(client, await patient_of(client), "K")
    result = await enter(client, specimen["results"]["K"], 4.4)
    result = (await step(client, result, "technical-release")).json()
    async with client.world.owner() as db:  # as it could be before such a rejection was refused
        await db.execute(
            "UPDATE lab.specimen SET state = 'rejected', rejected_at = now(), reject_reason = 'Clotted' WHERE id = $1",
            specimen["id"],
        )
    refused = await step(client, result, "clinical-release")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_in_this_state")
    assert "rejected" in refused.json()["detail"]


async def test_an_order_is_taken_back_before_it_is_collected_and_not_after(client: Client) -> None:
    person = await patient_of(client)
    first, second = [(await ordered(client, person, "K"))["specimens"][0] for _ in range(2)]
    await act(client, first, "cancellation", "doctor_a", {"reason": "Asked for twice"})
    assert (await look(client, first["id"]))["results"]["K"]["state"] == "cancelled"
    taken = await act(client, second, "collection", "nurse_a")
    late = await client.post(
        f"/specimens/{second['id']}/cancellation", {"reason": "Not wanted"}, as_="doctor_a", version=taken["version"]
    )
    assert (late.status_code, late.json()["code"]) == (409, "not_in_this_state")


@pytest.mark.parametrize(
    ("born", "sex", "interval"),
    [
        (date(1980, 1, 1), "male", "130 – 170"),
        (date(1980, 1, 1), "female", "120 – 150"),
        (date(2023, 1, 1), "female", "110 – 140"),
        (date(2012, 1, 1), "male", ""),
        (date(1980, 1, 1), "unknown", ""),
    ],
)
async def test_the_interval_is_that_of_age_and_sex(client: Client, born: date, sex: str, interval: str) -> None:
    person = await patient_of(client, born=born, sex=sex)
    specimen = await received(client, person, "HB")
    result = await enter(client, specimen["results"]["HB"], 125)
    assert result["interval"] == interval
    assert (result["flag"] is None) == (interval == "")


async def test_a_large_change_is_marked(client: Client) -> None:
    person = await patient_of(client)
    await final(client, person, "CREAT", 80)
    specimen = await received(client, person, "CREAT")
    result = await enter(client, specimen["results"]["CREAT"], 106.6)
    assert (result["previous"], result["is_jump"]) == (80, True)
    result = await enter(client, result, 106.5)
    assert result["is_jump"] is False


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"entry": "6,9"},
        {"entry": "high"},
        {"value": 1e12},
        {"words": "nothing grew"},
        {"value": 4.5, "entry": "6.9"},
        {"entry": "-4.5"},
    ],
)
async def test_what_is_no_value_is_refused(client: Client, body: dict[str, Any]) -> None:
    person = await patient_of(client)
    specimen = await received(client, person, "K")
    answer = await client.put(
        f"/results/{specimen['results']['K']['id']}/value",
        body,
        as_="laboratory_technician_a",
        version=specimen["results"]["K"]["version"],
    )
    assert answer.status_code == 422, answer.text


async def test_a_whole_specimen_is_entered_and_released_at_once(client: Client) -> None:
    person = await patient_of(client)
    specimen = await received(client, person, "UE")
    values = {"NA": 140, "K": 4.1, "CL": 101, "HCO3": 25, "UREA": 5.5, "CREAT": 80}
    body = {"results": [{"test": test, "value": value} for test, value in values.items()]}
    path = f"/specimens/{specimen['id']}"
    entered = await client.put(f"{path}/results", body, as_="laboratory_technician_a")
    assert {each["test"]: each["value"] for each in items(entered)} == values
    unknown = await client.put(
        f"{path}/results", {"results": [{"test": "HB", "value": 1}]}, as_="laboratory_technician_a"
    )
    assert unknown.status_code == 422
    first = await client.post(f"{path}/technical-release", {}, as_="laboratory_technician_a")
    assert (first.status_code, first.json()["released"], first.json()["waiting"]) == (200, 6, 6)
    second = await client.post(f"{path}/clinical-release", {}, as_="laboratory_technician_a")
    assert (second.status_code, second.json()["released"], second.json()["waiting"]) == (200, 6, 0)
    assert (await client.post(f"{path}/clinical-release", {}, as_="laboratory_technician_a")).status_code == 409
    assert set(await results_of(client, person)) == set(values)


async def test_amended_and_withdrawn_results_keep_their_history(client: Client, db_app: asyncpg.Connection) -> None:
    person = await patient_of(client)
    result = await final(client, person, "NA", 141)
    again = await client.put(
        f"/results/{result['id']}/value", {"value": 1}, as_="laboratory_technician_a", version=result["version"]
    )
    assert again.status_code == 409
    amended = (await step(client, result, "amendment", body={"value": 131, "reason": "Transcribed wrongly"})).json()
    assert (amended["value"], amended["revision"], amended["flag"]) == (131, 2, "L")
    assert (await results_of(client, person))["NA"]["revision"] == 2
    gone = (await step(client, amended, "withdrawal", body={"reason": "Wrong patient's tube"})).json()
    assert (gone["state"], gone["value"]) == ("withdrawn", 131)
    page = (await client.get(f"/results/{result['id']}", as_="nurse_a")).json()
    assert [(e["kind"], e["value"]) for e in page["history"]][-4:] == [
        ("technically_released", 141),
        ("clinically_released", 141),
        ("amended", 131),
        ("withdrawn", 131),
    ]
    assert page["history"][-2]["reason"] == "Transcribed wrongly"
    html = await client.get(f"/patients/{person}/results", as_="nurse_a", html=True)
    assert "<s>131</s>" in html.text
    await db_app.execute("SELECT set_config('app.hospital_id', $1, false)", str(client.world.a.id))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await db_app.execute("UPDATE lab.result_event SET value = 1")
    with pytest.raises(asyncpg.CheckViolationError, match="cannot go from"):
        await db_app.execute("UPDATE lab.result SET state = 'resulted' WHERE id = $1", result["id"])


async def test_before_the_release_a_ward_sees_no_value(client: Client) -> None:
    person = await patient_of(client)
    specimen = await received(client, person, "K")
    result = await enter(client, specimen["results"]["K"], 5.5)
    for who in ("doctor", "nurse"):
        seen = (await look(client, specimen["id"], who=who))["results"]["K"]
        assert (seen["value"], seen["flag"], seen["shown"]) == (None, None, "")
        page = (await client.get(f"/results/{result['id']}", as_=f"{who}_a")).json()
        assert page["result"]["value"] is None
        assert all(each["value"] is None for each in page["history"])


async def test_microbiology_has_organisms_and_susceptibilities(client: Client) -> None:
    person = await patient_of(client)
    specimen = await received(client, person, "UCULT")
    growth = {
        "words": "Growth of one organism",
        "isolates": [
            {
                "organism": "Escherichia coli",
                "quantity": "over 10^8 /L",
                "susceptibility": {"Trimethoprim": "R", "Nitrofurantoin": "S"},
            }
        ],
    }
    result = await enter(client, specimen["results"]["UCULT"], growth)
    result = (await step(client, result, "technical-release")).json()
    assert (await step(client, result, "clinical-release")).status_code == 200
    page = await client.get(f"/patients/{person}/results", as_="doctor_a", html=True)
    assert "Escherichia coli" in page.text
    assert "R – resistant" in page.text


async def test_who_may_do_what(client: Client) -> None:
    person = await patient_of(client)
    for who in ("laboratory_technician_a", "pharmacist_a", "receptionist_a"):
        assert (await client.post(f"/patients/{person}/lab-orders", {"tests": ["K"]}, as_=who)).status_code == 403
    specimen = await received(client, person, "K")
    for who in ("doctor_a", "nurse_a", "pharmacist_a"):
        assert (await client.get("/lab", as_=who)).status_code == 403
        for name in ("receipt", "rejection", "technical-release", "clinical-release"):
            answer = await client.post(f"/specimens/{specimen['id']}/{name}", {}, as_=who, version=specimen["version"])
            assert (name, answer.status_code) == (name, 403)
    assert (await client.get(f"/patients/{person}/results", as_="receptionist_a")).status_code == 403


async def test_another_hospital_finds_nothing(client: Client) -> None:
    person = await patient_of(client)
    result = await final(client, person, "K", 4.4)
    for path in (
        f"/results/{result['id']}",
        f"/specimens/{result['specimen_id']}",
        f"/lab-orders/{result['request_id']}",
    ):
        assert (await client.get(path, as_="laboratory_technician_b")).status_code == 404
    assert (await client.get(f"/patients/{person}/results", as_="doctor_b")).status_code == 404
    specimen = await look(client, result["specimen_id"])
    assert (await client.get(f"/lab/scan?barcode={specimen['barcode']}", as_="nurse_b")).status_code == 404
    found = await client.get(f"/lab/scan?barcode={specimen['barcode']}", as_="nurse_a")
    assert (found.status_code, found.headers["location"]) == (303, f"/specimens/{specimen['id']}")


async def test_the_pages(client: Client) -> None:
    person = await patient_of(client)
    await received(client, person, "BCULT", urgency="stat")
    specimen = await received(client, person, "UE", urgency="stat")
    await enter(client, specimen["results"]["K"], {"entry": "<3.6"})
    bench = await client.get(f"/lab/benches/{specimen['bench']}", as_="laboratory_technician_a", html=True)
    assert bench.status_code == 200
    assert specimen["barcode"] in bench.text
    for path, who in (
        ("/lab", "laboratory_technician_a"),
        ("/lab/tests", "doctor_a"),
        ("/lab/tests/HB", "laboratory_technician_a"),
        (f"/specimens/{specimen['id']}", "laboratory_technician_a"),
        (f"/specimens/{specimen['id']}", "nurse_a"),
        (f"/patients/{person}/lab-orders", "nurse_a"),
        (f"/patients/{person}/lab-orders/new", "doctor_a"),
        (f"/patients/{person}/results/K?days=7", "doctor_a"),
        (f"/results/{specimen['results']['K']['id']}", "laboratory_technician_a"),
        ("/critical-calls", "doctor_a"),
        ("/lab/figures?days=7", "laboratory_technician_a"),
    ):
        answer = await client.get(path, as_=who, html=True)
        assert answer.status_code == 200, (path, answer.text[:300])
    report = await client.get(f"/patients/{person}/results/report", as_="doctor_a")
    assert (report.headers["content-type"], report.content[:5]) == ("application/pdf", b"%PDF-")
    label = await client.get(f"/specimens/{specimen['id']}/label", as_="nurse_a")
    assert (label.headers["content-type"], label.content[:5]) == ("application/pdf", b"%PDF-")


async def test_a_trend_and_a_table_over_time(client: Client) -> None:
    person = await patient_of(client)
    for value in (4.0, 4.6, 5.4):
        await final(client, person, "K", value)
    page = (await client.get(f"/patients/{person}/results", as_="nurse_a")).json()
    [group] = page["groups"]
    [line] = group["lines"]
    assert [cell["value"] for cell in line["cells"]] == [5.4, 4.6, 4.0]
    trend = (await client.get(f"/patients/{person}/results/K?days=7", as_="nurse_a")).json()
    assert [dot["usual"] for dot in trend["drawing"]["dots"]] == [True, True, False]


async def test_every_result_is_on_one_page_also_when_many_share_a_time(client: Client) -> None:
    person = await patient_of(client)
    result = await final(client, person, "NA", 139)
    async with client.world.owner() as db:
        await db.execute(
            """
            WITH s AS (
                INSERT INTO lab.specimen (hospital_id, id, request_id, person_id, barcode, specimen, container, bench, urgency, state,
                                          collected_at, collected_by, received_at, received_by)
                SELECT hospital_id, gen_random_uuid(), request_id, person_id,
                       lpad((floor(random() * 1000000) * 100 + n)::bigint::text, 10, '9'), specimen, container, bench, urgency, 'done',
                       collected_at, collected_by, received_at, received_by
                  FROM lab.specimen, generate_series(1, 15) AS n WHERE id = $1 RETURNING *)
            INSERT INTO lab.result (hospital_id, id, request_id, specimen_id, person_id, test_code, state, taken_at, value,
                                    technical_at, clinical_at)
            SELECT s.hospital_id, gen_random_uuid(), s.request_id, s.id, s.person_id, t.code, 'clinically_released', s.collected_at, 5,
                   now(), now()
              FROM s CROSS JOIN (SELECT code FROM lab.test WHERE kind = 'number' ORDER BY position LIMIT 40) t
            """,
            result["specimen_id"],
        )
    path, seen = f"/patients/{person}/results", []
    page = (await client.get(path, as_="nurse_a")).json()
    seen += [each["id"] for each in page["items"]]
    while page["next"]:
        page = (await client.get(f"{path}?before={quote(page['next'])}", as_="nurse_a")).json()
        seen += [each["id"] for each in page["items"]]
    assert (len(seen), len(set(seen))) == (601, 601)
    printed = await client.get(f"{path}/report", as_="doctor_a")
    assert (printed.status_code, printed.content[:5]) == (200, b"%PDF-")
    broken = await client.get(f"{path}?before=2026-01-01T00:00:00Z~nothing", as_="nurse_a")
    assert broken.status_code == 400


def test_a_report_says_what_it_leaves_out() -> None:
    assert report.extent(200, 1450) == "The newest 200 of 1,450"
    assert report.extent(3, 3) == ""


async def test_what_is_to_be_collected_on_a_ward(client: Client) -> None:
    person, ward_id = await placed(client)
    await ordered(client, person, "CRP", urgency="routine")
    await ordered(client, person, "K", urgency="stat")
    path = f"/wards/{ward_id}/collection"
    mine = items(await client.get(path, as_="nurse_a"))
    assert [each["urgency"] for each in mine] == ["stat", "routine"]
    assert mine[0]["bed_label"].endswith("-01")
    assert mine[0]["bed_label"] in (await client.get(path, as_="nurse_a", html=True)).text
    await act(client, mine[0], "collection", "nurse_a")
    assert [each["urgency"] for each in items(await client.get(path, as_="nurse_a"))] == ["routine"]
    assert (await client.get(path, as_="nurse_b")).status_code == 404


async def test_a_hospitals_own_limits_take_the_place_of_what_is_shipped(client: Client) -> None:
    path = "/lab/tests/LIPASE/intervals"
    own = {"kind": "critical", "source": "Own laboratory, 2026", "bands": [{"high": 900}]}
    assert (await client.put(path, own, as_="doctor_a")).status_code == 403
    assert (await client.put(path, own, as_="laboratory_technician_a")).status_code == 200
    person = await patient_of(client)
    result = await measured(client, person, "LIPASE", 950)
    assert result["flag"] == "HH"
    overlap = own | {"bands": [{"high": 900}, {"high": 800, "from_days": 400}]}
    refused = await client.put(path, overlap, as_="laboratory_technician_a")
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["from_days"])
    shipped = await client.put(path, own | {"bands": []}, as_="laboratory_technician_a")
    assert [each for each in shipped.json()["intervals"] if each["kind"] == "critical"] == []
    seen = (await client.get(f"/results/{result['id']}", as_="laboratory_technician_a")).json()
    assert seen["result"]["critical_high"] == 900, "a result keeps what it was judged by"
    other = await client.get("/lab/tests/LIPASE", as_="laboratory_technician_b")
    assert {each["is_own"] for each in other.json()["intervals"]} == {False}


async def test_an_own_limit_of_the_newborn_leaves_that_of_adults(client: Client) -> None:
    own = {"kind": "critical", "source": "Own laboratory, 2026", "bands": [{"to_days": 28, "low": 0.3, "high": 2.5}]}
    path = "/lab/tests/MG/intervals"
    assert (await client.put(path, own, as_="laboratory_technician_a")).status_code == 200
    result = await measured(client, await patient_of(client, born=date(1980, 1, 1)), "MG", 2.3)
    assert (result["flag"], result["critical_high"], result["call_id"] is not None) == ("HH", 2.0, True)
    await client.put(path, own | {"bands": []}, as_="laboratory_technician_a")


async def test_the_summary_shows_the_newest_values(client: Client) -> None:
    person = await patient_of(client)
    await final(client, person, "NA", 139)
    await final(client, person, "K", 4.4)
    await final(client, person, "K", 5.6)
    critical = await measured(client, person, "HB", 65)
    page = (await client.get(f"/patients/{person}", as_="doctor_a")).json()
    assert [(each["name"], each["shown"], each["flag"]) for each in page["results"]] == [
        ("Haemoglobin", "65", "LL"),
        ("Potassium", "5.6", "H"),
        ("Sodium", "139", "N"),
    ]
    html = await client.get(f"/patients/{person}", as_="doctor_a", html=True)
    assert f"/critical-calls/{critical['call_id']}" in html.text
    desk = (await client.get(f"/patients/{person}", as_="receptionist_a")).json()
    assert desk["results"] is None


async def test_figures_come_from_what_happened(client: Client) -> None:
    before = (await client.get("/lab/figures?days=7", as_="laboratory_technician_a")).json()
    person = await patient_of(client)
    await final(client, person, "INR", 1.1)
    await act(
        client, await received(client, person, "INR"), "rejection", "laboratory_technician_a", {"reason": "Clotted"}
    )
    after = (await client.get("/lab/figures?days=7", as_="laboratory_technician_a")).json()

    def coagulation(page: dict[str, Any]) -> tuple[int, int, int]:
        found = [each for each in page["benches"] if each["bench"] == "Coagulation"]
        return (found[0]["released"], found[0]["in_goal"], found[0]["rejected"]) if found else (0, 0, 0)

    was, now = coagulation(before), coagulation(after)
    assert [b - a for a, b in zip(was, now, strict=True)] == [1, 1, 1]


async def test_how_many_round_trips_it_takes(client: Client) -> None:
    person = await patient_of(client)
    specimen = await received(client, person, "K")
    for who in ("laboratory_technician_a", "nurse_a"):
        await client.get("/sessions/current", as_=who)
    for path, who, most in (
        ("/lab", "laboratory_technician_a", 3),
        ("/lab/benches/chemistry", "laboratory_technician_a", 2),
        (f"/patients/{person}/results", "nurse_a", 4),
        (f"/specimens/{specimen['id']}", "laboratory_technician_a", 6),
    ):
        with queries_at_most(client, most):
            assert (await client.get(path, as_=who, html=True)).status_code == 200
    with queries_at_most(client, 10):
        await enter(client, specimen["results"]["K"], 4.4)


async def test_a_discharge_takes_back_what_was_not_collected(client: Client) -> None:
    world = client.world
    person = await world.patient(world.a, family="Homeward")
    stay = await world.stay(world.a, person)
    waiting = (await ordered(client, person, "K"))["specimens"][0]
    taken = await act(client, (await ordered(client, person, "K"))["specimens"][0], "collection", "nurse_a")
    left = await client.post(f"/encounters/{stay}/discharge", {}, as_="doctor_a")
    assert left.status_code == 200, left.text
    assert (await look(client, waiting["id"]))["state"] == "cancelled"
    assert (await look(client, taken["id"]))["state"] == "collected"
