"""Registering patients through the front door."""

import asyncio
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from tests.client import Client, items
from wardline.patients.rules import is_network_number

DIGITS = str.maketrans("0123456789", "ghijklmnop")
DESK = "receptionist_a"


def name(start: str) -> str:
    """A family name that nobody else has."""
    return start + uuid4().hex[:8].translate(DIGITS)


def person(**fields: Any) -> dict[str, Any]:
    return {"family": name("Test"), "given": "Ann", "sex": "female", "born_on": "1980-02-03", **fields}


async def patiently(client: Client, **fields: Any) -> dict[str, Any]:
    """Registers as a browser does: a busy server is asked again with the same key."""
    body, key = person(**fields), uuid4().hex
    answer = await client.post("/patients", body, as_=DESK, key=key)
    while answer.status_code == 503:
        await asyncio.sleep(0.1)
        answer = await client.post("/patients", body, as_=DESK, key=key)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def register(client: Client, as_: str = DESK, **fields: Any) -> dict[str, Any]:
    answer = await client.post("/patients", person(**fields), as_=as_)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_new_person_gets_numbers(client: Client):
    made = await register(client, kin_name="Bob", kin_relation="Brother", kin_phone="07700 900000")
    assert is_network_number(made["network_number"])
    details = (await client.get(f"/patients/{made['id']}/details", as_=DESK)).json()
    assert details["person"]["mrn"] == made["mrn"]
    assert details["person"]["allergy_state"] == "not_recorded"
    assert [contact["name"] for contact in details["contacts"]] == ["Bob"]


async def test_they_are_found_at_once(client: Client):
    made = await register(client, mobile="07700 955123")
    family = (await client.get(f"/patients/{made['id']}/details", as_=DESK)).json()["person"]["family"]
    for query in (
        f"q={family[:6]}",
        f"q={family} 3/2/80",
        "phone=955123",
        f"mrn={made['mrn']}",
        f"q={made['network_number']}",
    ):
        listed = items(await client.get(f"/patients?{query}", as_="nurse_a"))
        assert made["id"] in [found["id"] for found in listed], query


async def test_fifty_desks_get_fifty_record_numbers(client: Client):
    made = await asyncio.gather(*(patiently(client, born_on=f"19{40 + n}-01-01") for n in range(50)))
    assert len({one["mrn"] for one in made}) == 50
    assert len({one["network_number"] for one in made}) == 50


async def test_the_same_key_registers_once(client: Client):
    body, key = person(), uuid4().hex
    answers = await asyncio.gather(*(client.post("/patients", body, as_=DESK, key=key) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"family": " "}, "family"),
        ({"family": "Smi\u202eth"}, "family"),
        ({"sex": None}, "sex"),
        ({"born_on": "2999-01-01"}, "born_on"),
        ({"born_on": "1820-01-01"}, "born_on"),
        ({"born_on": None, "born_day": 31, "born_month": 2, "born_year": 1980}, "born_day"),
        ({"born_on": None, "born_day": 3}, "born_day"),
        ({"born_on": None, "born_day": 10**15, "born_month": 1, "born_year": 1980}, "born_day"),
    ],
)
async def test_what_is_wrong_is_named(client: Client, fields: dict[str, Any], field: str):
    answer = await client.post("/patients", person(**fields), as_=DESK)
    assert answer.status_code == 422, answer.text
    assert field in answer.json()["fields"]


@pytest.mark.parametrize(
    "family", ["x" * 200, "\ufdfa" * 200, "李小龙", "ẞ" * 200, "a " * 100, "van der " * 20 + "Berg"]
)
async def test_any_name_can_be_registered_and_searched(client: Client, family: str):
    made = await client.post("/patients", person(family=family), as_=DESK)
    assert made.status_code in (201, 409), made.text
    found = await client.get(f"/patients?{urlencode({'q': family[:30]})}", as_=DESK)
    assert found.status_code == 200


async def test_unknown_fields_are_refused(client: Client):
    for name in ("person_id", "network_number_x", "hospital_ids", "version_x"):
        assert (await client.post("/patients", person(**{name: "x"}), as_=DESK)).status_code == 422


async def test_who_may_register(client: Client):
    for role, status in (("nurse_a", 201), ("doctor_a", 201), ("pharmacist_a", 403), ("hospital_manager_a", 403)):
        assert (await client.post("/patients", person(), as_=role)).status_code == status, role


async def test_unknown_patient_in_two_keys(client: Client):
    answer = await client.post("/patients", {"unknown": True, "sex": "male", "age_years": 40}, as_=DESK)
    assert answer.status_code == 201, answer.text
    details = (await client.get(f"/patients/{answer.json()['id']}/details", as_=DESK)).json()
    assert (details["person"]["family"], details["person"]["given"]) == ("Unknown", "Male, about 40")
    assert details["person"]["born_estimated"]
    assert not details["person"]["name_known"]
    assert details["banner"]["alerts"][0]["text"] == "Name not known"


async def test_a_second_unknown_patient_is_no_duplicate(client: Client):
    for _ in range(2):
        body = {"unknown": True, "sex": "female", "age_years": 70}
        assert (await client.post("/patients", body, as_=DESK)).status_code == 201


# --- Likely matches --------------------------------------------------------------------------------------------------


async def test_very_likely_match_is_refused_with_who_it_is(client: Client):
    first = await register(client, mobile="07700 900111")
    family = (await client.get(f"/patients/{first['id']}/details", as_=DESK)).json()["person"]["family"]
    again = person(family=family.upper())
    refused = await client.post("/patients", again, as_=DESK)
    assert refused.status_code == 409
    assert refused.json()["code"] == "likely_same_person"
    assert refused.json()["matches"][0]["id"] == first["id"]
    second = await client.post("/patients", again | {"different_person_reason": "Cousin of the same name"}, as_=DESK)
    assert second.status_code == 201
    assert second.json()["id"] != first["id"]


async def test_matches_compare_field_by_field(client: Client):
    made = await register(client, given="Catriona Jane", postcode="KB1 2DL", mobile="07700 900318")
    family = (await client.get(f"/patients/{made['id']}/details", as_=DESK)).json()["person"]["family"]
    query = f"family={family}&given=Catriona&sex=female&born_day=3&born_month=2&born_year=1980&mobile=07700900318&postcode=KB4 7QX"
    match = items(await client.get(f"/patients/matches?{query}", as_=DESK))[0]
    words = {field["field"]: field["word"] for field in match["fields"]}
    assert match["likeness"] == "very_likely"
    assert words == {
        "family": "Equal",
        "given": "Longer",
        "born": "Equal",
        "sex": "Equal",
        "phone": "Equal",
        "postcode": "Moved?",
    }


async def test_half_typed_dates_do_not_break_the_matches(client: Client):
    for query in ("family=Smith&born_day=31&born_month=2&born_year=1980", "family=Smith&born_day=3", "family=S", ""):
        assert (await client.get(f"/patients/matches?{query}", as_=DESK)).status_code == 200


async def known_at_b(client: Client, **fields: Any) -> tuple[dict[str, Any], str]:
    made = await register(client, as_="receptionist_b", mobile="07700 900777", postcode="ZZ9 9ZZ", **fields)
    return made, (await client.get(f"/patients/{made['id']}/details", as_="receptionist_b")).json()["person"]["family"]


async def test_somebody_of_another_hospital_is_shown_only_so_far(client: Client):
    _, family = await known_at_b(client)
    query = f"family={family}&given=Ann&sex=female&born_day=3&born_month=2&born_year=1980&mobile=07700900123&postcode=AA1 1AA"
    match = items(await client.get(f"/patients/matches?{query}", as_=DESK))[0]
    record = {field["field"]: field["record"] for field in match["fields"]}
    assert not match["is_ours"]
    assert record["phone"] == "Ends 777"
    assert "9ZZ" not in record["postcode"]
    assert match["last_visit_at"] is None


async def test_their_record_is_used_with_the_token_only(client: Client):
    made, family = await known_at_b(client)
    person_id = made["id"]
    path = f"/patients/{person_id}/registrations"
    assert (await client.post(path, {}, as_=DESK)).status_code == 404
    assert (await client.post(path, {"token": "9999999999.abc"}, as_=DESK)).status_code == 404
    assert (await client.get(f"/patients/{person_id}/details", as_=DESK)).status_code == 404
    query = f"family={family}&given=Ann&born_day=3&born_month=2&born_year=1980"
    token = items(await client.get(f"/patients/matches?{query}", as_=DESK))[0]["token"]
    assert (await client.post(path, {"token": token}, as_="nurse_a")).status_code == 404  # another caller's token
    used = await client.post(path, {"token": token, "mobile": "07700 900999"}, as_=DESK)
    assert used.status_code == 200, used.text
    assert used.json()["mrn"] != made["mrn"]
    assert not used.json()["is_new"]
    assert [offer["name"] for offer in used.json()["offers"]] == ["mobile"]
    assert (await client.get(f"/patients/{person_id}/details", as_=DESK)).status_code == 200
    assert (await client.get(f"/patients/{person_id}/details", as_="nurse_b")).status_code == 200


async def test_what_was_typed_is_offered_not_written(client: Client):
    made = await register(client, given="Catriona Jane", mobile="07700 900111")
    typed = {
        "given": "Catriona",
        "mobile": "07700 900222",
        "born_on": "1980-02-04",
        "kin_name": "Ewan",
        "kin_phone": "1",
    }
    used = (await client.post(f"/patients/{made['id']}/registrations", typed, as_=DESK)).json()
    assert {offer["name"]: offer["value"] for offer in used["offers"]} == {
        "mobile": "07700 900222",
        "born_on": "1980-02-04",
    }
    details = (await client.get(f"/patients/{made['id']}/details", as_=DESK)).json()
    assert details["person"]["mobile"] == "07700 900111"
    assert [contact["name"] for contact in details["contacts"]] == ["Ewan"]
    await client.post(f"/patients/{made['id']}/registrations", typed, as_=DESK)
    details = (await client.get(f"/patients/{made['id']}/details", as_=DESK)).json()
    assert len(details["contacts"]) == 1


async def test_own_record_is_used_without_a_token(client: Client):
    made = await register(client)
    used = await client.post(f"/patients/{made['id']}/registrations", {}, as_=DESK)
    assert used.status_code == 200
    assert used.json()["mrn"] == made["mrn"]


async def test_an_id_that_nobody_has_answers_as_a_foreign_one(client: Client):
    made = await register(client, as_="receptionist_b")
    foreign = await client.post(f"/patients/{made['id']}/registrations", {}, as_=DESK)
    nobody = await client.post(f"/patients/{uuid4()}/registrations", {}, as_=DESK)
    assert foreign.status_code == nobody.status_code == 404
    assert foreign.json()["detail"] == nobody.json()["detail"]


# --- Pages -----------------------------------------------------------------------------------------------------------


async def test_registration_opens_after_a_search(client: Client):
    bare = await client.get("/patients/new", as_=DESK, html=True)
    assert (bare.status_code, bare.headers["location"]) == (303, "/patients")
    page = await client.get("/patients/new?q=macdonald 14/8/71", as_=DESK, html=True)
    assert page.status_code == 200
    assert 'value="Macdonald"' in page.text
    assert 'value="1971"' in page.text


async def test_a_form_registers_and_goes_on(client: Client):
    form = {
        "family": name("Form"),
        "given": "Ann",
        "sex": "female",
        "born_day": "3",
        "born_month": "2",
        "born_year": "1980",
    }
    answer = await client.post("/patients", form=form, as_=DESK, html=True)
    assert answer.status_code == 303, answer.text
    details = await client.get(answer.headers["location"], as_=DESK, html=True)
    assert details.status_code == 200
    assert "Allergies not recorded" in details.text


@pytest.mark.parametrize("path", ["/patients/unknown", "/patients/matches?family=Smith&given=John"])
async def test_pages_open(client: Client, path: str):
    assert (await client.get(path, as_=DESK, html=True)).status_code == 200


async def test_used_record_offers_what_was_typed(client: Client):
    made = await register(client, mobile="07700 900444")
    form = {"mobile": "07700 900222", "family": "Else"}
    answer = await client.post(
        f"/patients/{made['id']}/registrations", form=form, as_=DESK, html=True, headers={"hx-request": "true"}
    )
    assert answer.status_code == 200
    assert "07700 900222" in answer.text
