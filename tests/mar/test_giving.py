"""Giving through the front door: the five rights in every direction, times, reasons, witness, as needed, corrections."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.client import Client
from tests.mar.bedside import (
    WORD,
    Bed,
    bed,
    change,
    chart,
    give,
    moved,
    needed,
    order,
    recorded,
    scans,
    stat,
    with_password,
)
from tests.queries import queries_at_most
from wardline.mar import rules


@pytest.fixture
async def at(client: Client) -> Bed:
    return await bed(client)


async def test_a_dose_is_given_by_scan(client: Client, at: Bed) -> None:
    dose = await stat(client, at)
    assert (dose["state"], dose["critical"]) == ("due", "Once only")
    sheet = (await client.get(f"/doses/{dose['id']}", as_="nurse_a")).json()
    assert {right["key"]: right["holds"] for right in sheet["rights"]} == {
        "patient": None, "medicine": None, "dose": True, "time": True, "route": True,
    }  # fmt: skip
    answer = await give(client, dose, scans(at, dose))
    assert answer.status_code == 200, answer.text
    assert (answer.json()["action"], answer.json()["amount"], answer.json()["unit"]) == ("given", 40, "mg")
    after = await chart(client, at)
    assert [each["state"] for each in after["doses"]] == ["given"]
    assert after["administrations"][0]["recorded_by_initials"]
    page = (await client.get(f"/administrations/{answer.json()['id']}", as_="doctor_a")).json()
    assert [right["source"] for right in page["item"]["rights"]][:2] == ["Wristband", "Label"]
    assert page["item"]["rights"] == answer.json()["rights"]


async def test_a_dose_that_an_earlier_version_recorded_reads_as_it_did(client: Client, at: Bed) -> None:
    dose = await stat(client, at)
    given = (await give(client, dose, scans(at, dose))).json()
    async with client.world.owner() as db:
        await db.execute(
            "UPDATE mar.administration SET rights = $1::text::jsonb, checks = NULL WHERE id = $2",
            json.dumps(given["rights"]), UUID(given["id"]),
        )  # fmt: skip
    page = (await client.get(f"/administrations/{given['id']}", as_="doctor_a")).json()
    assert page["item"]["rights"] == given["rights"]


async def test_giving_takes_two_round_trips(client: Client, at: Bed) -> None:
    dose = await stat(client, at)
    await client.world.token("nurse_a")
    await chart(client, at)
    with queries_at_most(client, 2):
        assert (await give(client, dose, scans(at, dose))).status_code == 200


async def test_the_grid_reads_few_times(client: Client, at: Bed) -> None:
    await stat(client, at)
    with queries_at_most(client, 10):
        page = await client.get(f"{at.path}/given", as_="nurse_a", html=True)
    assert page.status_code == 200
    assert "Due now" in page.text
    assert "furosemide" in page.text


# --- the five rights ---------------------------------------------------------------------------------------------------
async def refused(client: Client, dose: dict[str, Any], body: dict[str, Any], code: str, *fields: str) -> Any:
    answer = await give(client, dose, body)
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    assert set(fields) <= set(answer.json()["fields"]), answer.json()["fields"]
    assert await recorded(client, dose) == []
    return answer.json()


async def test_another_patients_wristband_stops_and_stays_in_the_record(client: Client, at: Bed) -> None:
    dose, other = await stat(client, at), await bed(client)
    said = await refused(client, dose, scans(at, dose, patient_scan=other.number), "rights_differ", "patient_scan")
    assert said["differs"] == ["patient"]
    async with client.world.owner() as db:
        row = await db.fetchrow(
            "SELECT action, outcome, person_id FROM audit.entry WHERE subject_id = $1 AND action = 'dose.stopped'",
            UUID(dose["id"]),
        )
    assert (row["outcome"], row["person_id"]) == ("refused", at.person)


async def test_another_patients_label_and_another_drug_stop(client: Client, at: Bed) -> None:
    dose, other = await stat(client, at), await bed(client)
    theirs = await stat(client, other)
    await refused(client, dose, scans(at, dose, drug_scan=theirs["medicine_id"]), "rights_differ", "drug_scan")
    mine = await order(client, at, "bisoprolol 5 mg po od")
    await refused(client, dose, scans(at, dose, drug_scan=mine["id"]), "rights_differ", "drug_scan")
    for scan in ("bumetanide 1 mg", "5K2291", "furosemide + amiloride"):
        await refused(client, dose, scans(at, dose, drug_scan=scan), "rights_differ", "drug_scan")


async def test_a_product_of_two_medicines_is_neither_of_them(client: Client, at: Bed) -> None:
    dose = await stat(client, at, "paracetamol 500 mg po stat")
    for scan in (
        "paracetamol 500 mg and codeine 30 mg tablets",
        "Paracetamol 500 mg caffeine 65 mg",
        "paracetamol 500 mg / codeine phosphate 8 mg",
        "co-codamol 8/500 mg",
        "paracetamol 250 mg 500 mg",
    ):
        await refused(client, dose, scans(at, dose, drug_scan=scan), "rights_differ", "drug_scan")
    given = await give(client, dose, scans(at, dose, drug_scan="Paracetamol 500 mg tablets, 32 tablets"))
    assert given.status_code == 200, given.text


@pytest.mark.parametrize(
    ("scan", "names", "strength"),
    [
        ("morphine 10 mg/5 ml oral solution", {"morphine"}, None),
        ("gentamicin 80 mg 2 ml ampoule", {"gentamicin"}, (80, "mg")),
        ("co-amoxiclav 500/125 mg", {"amoxicillin", "clavulanic acid"}, None),
        ("vancomycin 1 g in sodium chloride 0.9 % 250 ml", {"vancomycin"}, (1, "g")),
        ("amoxicillin 500 mg clavulanic acid 125 mg", {"amoxicillin", "clavulanic acid"}, None),
        ("furosemide 20 mg 40 mg", None, None),
        ("furosemide 20 mg 0.04 g", None, None),
        ("potassium chloride 20 mmol 40 mmol", None, None),
        ("paracetamol 500 mg (with codeine 30 mg)", {"paracetamol", "codeine"}, None),
        ("Potassium chloride 1.5 g (20 mmol)/10 ml", {"potassium chloride"}, None),
        ("Magnesium sulfate 5 g (20 mmol) in 10 ml", {"magnesium sulfate"}, (5, "g")),
        ("Enoxaparin sodium 4,000 IU (40 mg)/0.4 ml", {"enoxaparin"}, None),
        ("Enoxaparin 40 mg (4,000 units)/0.4 ml", {"enoxaparin"}, None),
        ("Colecalciferol 800 units (20 micrograms)", {"colecalciferol"}, (800, "units")),
        ("Levothyroxine 0.1 mg (100 micrograms)", {"levothyroxine"}, (0.1, "mg")),
        ("Levothyroxine 0.1 mg 100 micrograms", {"levothyroxine"}, (0.1, "mg")),
        ("Paracetamol 1 g (2 x 500 mg)", {"paracetamol"}, (1, "g")),
        ("Calcium carbonate 1.25 g (500 mg calcium)", {"calcium carbonate"}, (1.25, "g")),
        ("Ferrous fumarate 210 mg (68 mg iron)", {"ferrous fumarate"}, (210, "mg")),
        ("amoxicillin 500 mg (clavulanic acid 125 mg)", {"amoxicillin", "clavulanic acid"}, None),
        ("Zinc sulfate 125 mg (45 mg zinc)", {"zinc sulfate"}, (125, "mg")),
    ],
)
def test_what_a_product_says(scan: str, names: set[str] | None, strength: tuple[float, str] | None) -> None:
    found = rules.read_scan(scan)
    assert (found.names, found.strength) == (names and frozenset(names), strength)


async def test_another_dose_or_strength_stops(client: Client, at: Bed) -> None:
    dose = await stat(client, at)
    await refused(client, dose, scans(at, dose, amount=80), "rights_differ", "amount")
    await refused(client, dose, scans(at, dose, drug_scan="furosemide 500 mg"), "rights_differ", "amount")
    await refused(client, dose, scans(at, dose, amount=20), "rights_missing", "amount_reason")
    answer = await give(
        client, dose, scans(at, dose, amount=20, amount_reason="Vomited the rest", drug_scan="Furosemide 20 mg")
    )
    assert (answer.status_code, answer.json()["amount"], answer.json()["words"]) == (200, 20, "Vomited the rest")


async def test_a_product_is_known_by_its_codes(client: Client, at: Bed) -> None:
    dose = await stat(client, at)
    await refused(client, dose, scans(at, dose, drug_scan="C03CA02"), "rights_differ", "drug_scan")  # bumetanide
    assert (await give(client, dose, scans(at, dose, drug_scan="C03CA01"))).status_code == 200


async def test_another_time_needs_a_reason(client: Client, at: Bed) -> None:
    dose = await stat(client, at)
    for minutes in (-140, 100):
        await moved(client, dose, minutes)
        await refused(client, dose, scans(at, dose), "rights_missing", "time_reason")
    answer = await give(client, dose, scans(at, dose, time_reason="Leaves for theatre"))
    assert (answer.status_code, answer.json()["timing"]) == (200, "early")


@pytest.mark.parametrize(("shift", "field"), [(timedelta(minutes=10), "given_at"), (timedelta(hours=-3), "given_at")])
async def test_a_time_to_come_or_before_the_order_cannot_be(
    client: Client, at: Bed, shift: timedelta, field: str
) -> None:
    dose = await stat(client, at)
    when = (datetime.now(UTC) + shift).isoformat()
    await refused(client, dose, scans(at, dose, given_at=when), "invalid", field)
    await refused(client, dose, scans(at, dose, given_clock="25:70"), "invalid", "given_clock")


async def test_the_line_is_looked_at(client: Client, at: Bed) -> None:
    dose = await stat(client, at, "furosemide 40 mg iv stat")
    await refused(client, dose, scans(at, dose), "rights_missing", "route_checked")
    assert (await give(client, dose, scans(at, dose, route_checked=True, site="Left arm line"))).json()["site"]


async def test_without_a_scan_it_needs_a_reason_and_two_identifiers(client: Client, at: Bed) -> None:
    dose = await stat(client, at)
    await refused(client, dose, {}, "rights_missing", "patient_scan", "drug_scan", "no_scan_reason")
    await refused(client, dose, {"no_scan_reason": "scanner_broken"}, "rights_missing", "identifiers")
    await refused(
        client, dose, {"no_scan_reason": "scanner_broken", "identifiers": ["name"]}, "rights_missing", "identifiers"
    )
    await refused(
        client, dose, {"no_scan_reason": "because", "identifiers": ["name", "born_on"]}, "invalid", "no_scan_reason"
    )
    # A band that was scanned and is another's is not got round by a reason.
    band = {"patient_scan": "0000000000", "no_scan_reason": "no_code", "identifiers": ["name", "born_on"]}
    await refused(client, dose, band, "rights_differ", "patient_scan")
    answer = await give(client, dose, {"no_scan_reason": "scanner_broken", "identifiers": ["name", "born_on"]})
    assert (answer.status_code, answer.json()["no_scan"]) == (200, "scanner_broken")


async def test_two_patients_never_mix(client: Client) -> None:
    one, other = await bed(client), await bed(client)
    doses = [await stat(client, each) for each in (one, other)]
    await refused(client, doses[0], scans(other, doses[1]), "rights_differ", "patient_scan", "drug_scan")
    for each, dose in zip((one, other), doses, strict=True):
        assert (await give(client, dose, scans(each, dose))).status_code == 200
        found = await chart(client, each)
        assert {item["patient_id"] for item in found["administrations"]} == {str(each.person)}


# --- the order stands ----------------------------------------------------------------------------------------------------
async def test_a_stopped_or_held_order_gives_nothing(client: Client, at: Bed) -> None:
    for what, state in (("stop", "stopped"), ("hold", "order_held")):
        made = await order(client, at, "furosemide 40 mg po stat" if what == "stop" else "bumetanide 1 mg po stat")
        found = await chart(client, at)
        dose = next(each for each in found["doses"] if each["medicine_id"] == made["id"])
        after = await change(client, made, what)
        answer = await give(client, dose, scans(at, dose))
        assert (answer.status_code, answer.json()["code"]) == (409, "order_not_standing")
        assert "Low pressure" in answer.json()["detail"]
        if what == "hold":
            shown = next(each for each in (await chart(client, at))["doses"] if each["id"] == dose["id"])
            assert shown["state"] == state
            await change(client, after, "resumption")
            assert (await give(client, dose, scans(at, dose))).status_code == 200


async def test_what_was_given_before_the_stop_can_still_be_said(client: Client, at: Bed) -> None:
    dose = await stat(client, at)
    made = {"id": dose["medicine_id"], "version": 1}
    when = datetime.now(UTC).isoformat()
    await change(client, made, "stop")
    body = scans(at, dose, given_at=when)
    assert (await give(client, dose, body)).status_code == 409
    assert (await give(client, dose, body | {"before_stop": True})).status_code == 200
    late = await stat(client, at, "bumetanide 1 mg po stat")
    await change(client, {"id": late["medicine_id"], "version": 1}, "stop")
    assert (await give(client, late, scans(at, late, before_stop=True))).status_code == 409


async def test_a_changed_order_makes_its_doses_anew(client: Client, at: Bed) -> None:
    made = await order(client, at, "paracetamol 1 g po qds")
    before = [each for each in (await chart(client, at))["doses"] if each["medicine_id"] == made["id"]]
    made = await change(client, made, "change", {"line": "paracetamol 500 mg po qds", "why": "Light weight"})
    if before:
        stale = await give(client, before[-1], scans(at, before[-1], no_scan_reason="", time_reason="Early round"))
        assert stale.status_code in {409, 412, 422}, stale.text
    after = [each for each in (await chart(client, at))["doses"] if each["medicine_id"] == made["id"]]
    assert {each["dose"] for each in after} <= {"500 mg"}
    async with client.world.owner() as db:
        rows = await db.fetch("SELECT amount, state FROM mar.dose WHERE medicine_id = $1", UUID(made["id"]))
        times = await db.fetchval(
            "SELECT count(*) - count(DISTINCT due_at) FROM mar.dose WHERE medicine_id = $1 AND state = 'due'",
            UUID(made["id"]),
        )
    assert {float(row["amount"]) for row in rows if row["state"] == "due"} == {500}
    assert times == 0
    again = await change(client, made, "change", {"line": "paracetamol 1 g po bd", "why": "Enough"})
    await chart(client, at)
    async with client.world.owner() as db:
        due = await db.fetchval(
            "SELECT count(*) FROM mar.dose WHERE medicine_id = $1 AND state = 'due'", UUID(again["id"])
        )
    assert due == 2


async def test_a_given_dose_is_not_made_again_by_a_change(client: Client, at: Bed) -> None:
    dose = await stat(client, at)
    assert (await give(client, dose, scans(at, dose))).status_code == 200
    found = await chart(client, at)
    assert [each["state"] for each in found["doses"]] == ["given"]
    again = await give(client, dose, scans(at, dose), who="doctor_a")
    assert (again.status_code, again.json()["code"]) == (409, "already_given")
    assert again.json()["by"]
    assert again.json()["at"]


# --- not given -----------------------------------------------------------------------------------------------------------
async def test_what_was_given_once_is_not_due_again_by_a_change(client: Client, at: Bed) -> None:
    made = await order(client, at, "furosemide 40 mg po stat")
    [dose] = (await chart(client, at))["doses"]
    assert (await give(client, dose, scans(at, dose))).status_code == 200
    await change(client, made, "change", {"line": "furosemide 80 mg po stat", "why": "Written wrongly"})
    assert [each["state"] for each in (await chart(client, at))["doses"]] == ["given"]


async def test_not_given_says_why(client: Client, at: Bed) -> None:
    dose = await stat(client, at)
    path = f"/doses/{dose['id']}/not-given"
    for body in ({"reason": "because"}, {"reason": "other"}, {"reason": "asleep", "action": "held"}):
        assert (await client.post(path, body, as_="nurse_a", version=1)).status_code == 422
    answer = await client.post(path, {"reason": "refused"}, as_="nurse_a", version=1)
    assert (answer.status_code, answer.json()["action"]) == (200, "not_given")
    assert (await give(client, dose, scans(at, dose))).status_code == 409
    other = await stat(client, at, "bisoprolol 5 mg po stat")
    held = await client.post(
        f"/doses/{other['id']}/not-given", {"action": "held", "reason": "slow_pulse"}, as_="nurse_a", version=1
    )
    assert held.json()["action"] == "held"
    states = {each["id"]: each["state"] for each in (await chart(client, at))["doses"]}
    assert (states[dose["id"]], states[other["id"]]) == ("not_given", "held")


async def test_taken_by_the_patient(client: Client, at: Bed) -> None:
    dose = await stat(client, at)
    assert (await give(client, dose, scans(at, dose, self_administered=True))).json()["action"] == "self"


# --- a second person -----------------------------------------------------------------------------------------------------
async def test_a_controlled_drug_has_a_witness(client: Client, at: Bed) -> None:
    dose = await stat(client, at, "morphine 5 mg ir po stat")
    sheet = (await client.get(f"/doses/{dose['id']}", as_="nurse_a")).json()
    assert sheet["witness"] == "Controlled drug"
    await refused(client, dose, scans(at, dose), "invalid", "witness_email")
    own = await with_password(client, "nurse_a")
    await refused(client, dose, scans(at, dose, witness_email=own, witness_password=WORD), "invalid", "witness_email")
    doctor = await with_password(client, "doctor_a")
    wrong = scans(at, dose, witness_email=doctor, witness_password="not the password")
    await refused(client, dose, wrong, "invalid", "witness_password")
    for who in ("receptionist_a", "nurse_b"):
        email = await with_password(client, who)
        await refused(
            client, dose, scans(at, dose, witness_email=email, witness_password=WORD), "invalid", "witness_email"
        )
    key, signed = uuid4().hex, scans(at, dose, witness_email=doctor, witness_password=WORD)
    answer = await give(client, dose, signed, key=key)
    assert answer.status_code == 200, answer.text
    assert answer.json()["witness"]
    # What is kept to know a repeated send does not depend on the password, so that nobody can guess it from there.
    again = await give(client, dose, signed | {"witness_password": "another word"}, key=key)
    assert (again.status_code, again.json()) == (200, answer.json())
    other = await give(client, dose, signed | {"reason": "Other words"}, key=key)
    assert other.status_code in {409, 422}, other.text


# --- as needed -----------------------------------------------------------------------------------------------------------
async def test_as_needed_keeps_its_gap(client: Client, at: Bed) -> None:
    made = await order(client, at, "salbutamol 5 mg neb every 4 hours prn for wheeze")
    first = await needed(client, at, made)
    assert (first.status_code, first.json()["words"]) == (200, "wheeze")
    again = await needed(client, at, made)
    assert (again.status_code, again.json()["code"]) == (422, "too_soon")
    assert again.json()["from_at"]
    [shown] = (await chart(client, at))["as_needed"]
    assert (shown["can_give"], bool(shown["from_at"])) == (False, True)
    helped = await client.post(f"/administrations/{first.json()['id']}/effect", {"effect": "some"}, as_="nurse_a")
    assert helped.json()["effect"] == "some"


async def test_as_needed_keeps_its_maximum_over_every_order_of_the_drug(client: Client, at: Bed) -> None:
    made = await order(client, at, "paracetamol 1 g po qds prn max 2 g")
    regular = await stat(client, at, "paracetamol 1 g po stat")
    assert (await give(client, regular, scans(at, regular))).status_code == 200
    assert (await needed(client, at, made, confirmed=True)).status_code == 200
    refused_now = await needed(client, at, made, confirmed=True)
    assert (refused_now.status_code, refused_now.json()["code"]) == (422, "too_soon")
    assert "2 g" in refused_now.json()["detail"]


# --- infusions -----------------------------------------------------------------------------------------------------------
async def test_an_infusion_starts_changes_and_stops(client: Client, at: Bed) -> None:
    dose = await stat(client, at, "sodium chloride 1 litre iv over 8 hours stat")
    started = await give(client, dose, scans(at, dose, route_checked=True))
    assert started.status_code == 200, started.text
    item = started.json()
    assert (item["infusion"], item["rate"], item["rate_unit"], item["volume_ml"]) == ("running", 125, "ml/h", 1000)
    path = f"/administrations/{item['id']}/infusion"
    assert (await client.post(path, {"act": "rate_changed"}, as_="nurse_a", version=1)).status_code == 422
    changed = await client.post(path, {"act": "rate_changed", "rate": 100}, as_="nurse_a", version=1)
    assert changed.json()["rate"] == 100
    assert (
        await client.post(path, {"act": "stopped", "words": "Old page"}, as_="nurse_a", version=1)
    ).status_code == 412
    ended = await client.post(
        path, {"act": "stopped", "volume_given_ml": 430, "words": "Line out"}, as_="nurse_a", version=2
    )
    assert (ended.json()["infusion"], ended.json()["volume_given_ml"]) == ("stopped", 430)
    assert (await client.post(path, {"act": "paused", "words": "Again"}, as_="nurse_a", version=3)).status_code == 409


# --- sent later ------------------------------------------------------------------------------------------------------------
async def test_a_dose_that_a_screen_kept_is_recorded_with_its_own_time(client: Client, at: Bed) -> None:
    dose = await stat(client, at)
    await moved(client, dose, -20)
    pressed = datetime.now(UTC) - timedelta(minutes=15)
    key, headers = uuid4().hex, {"wardline-entered-at": pressed.isoformat()}
    answers = [await give(client, dose, scans(at, dose), key=key, headers=headers) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {200}
    assert answers[0].json() == answers[1].json()
    item = answers[0].json()
    assert item["sent_later"]
    assert abs(datetime.fromisoformat(item["happened_at"]) - pressed) < timedelta(seconds=2)
    assert len(await recorded(client, dose)) == 1


# --- who may -------------------------------------------------------------------------------------------------------------
async def test_pharmacists_read_and_do_not_give(client: Client, at: Bed) -> None:
    dose = await stat(client, at)
    for who in ("pharmacist_a", "laboratory_technician_a"):
        assert (await client.get(f"{at.path}/given", as_=who)).status_code == 200
        assert (await give(client, dose, scans(at, dose), who=who)).status_code == 403
    for who in ("receptionist_a", "hospital_manager_a"):
        assert (await client.get(f"{at.path}/given", as_=who)).status_code == 403
    assert (await give(client, dose, scans(at, dose), who="nurse_b")).status_code == 404
    assert (await give(client, dose, scans(at, dose), who="doctor_a")).status_code == 200


# --- the pages -------------------------------------------------------------------------------------------------------------
async def test_every_page_and_fragment_is_served(client: Client, at: Bed) -> None:
    dose = await stat(client, at)
    made = await order(client, at, "salbutamol 5 mg neb every 4 hours prn")
    infusion = await stat(client, at, "sodium chloride 1 litre iv over 8 hours stat")
    running = (await give(client, infusion, scans(at, infusion, route_checked=True))).json()
    item = (await give(client, dose, scans(at, dose))).json()
    for path in (
        f"{at.path}/given",
        f"{at.path}/given?day=2026-01-05",
        f"/doses/{dose['id']}",
        f"/medicines/{made['id']}/giving",
        f"/administrations/{item['id']}",
        f"/administrations/{running['id']}",
        f"/wards/{at.ward}/round",
        f"/wards/{at.ward}/round?hours=12",
    ):
        for headers in ({}, {"hx-request": "true"}):
            page = await client.get(path, as_="nurse_a", html=True, headers=headers)
            assert page.status_code == 200, (path, page.text[:500])
    scanned = {"patient_scan": "1"}
    checked = await client.post(
        f"/doses/{dose['id']}/rights", as_="nurse_a", html=True, headers={"hx-request": "true"}, form=scanned
    )
    assert "This does not match" in checked.text
