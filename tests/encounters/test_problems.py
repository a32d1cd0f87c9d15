"""Problems and procedures through the front door: coded by codes that exist, changed without losing what was said."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from tests.client import Client, items
from wardline.encounters import icd


async def recorded(client: Client, **given: object) -> tuple[str, dict[str, object]]:
    """A problem of a new patient; the list's address and the problem."""
    person = await client.world.patient(client.world.a)
    path = f"/patients/{person}/problems"
    answer = await client.post(path, given, as_="doctor_a")
    assert answer.status_code == 201, answer.text
    return path, answer.json()


async def test_another_code_is_not_called_what_the_one_before_was(client: Client) -> None:
    path, by_code = await recorded(client, code_system="ICD-10-CM", code="J45.909")
    one = f"{path}/{by_code['id']}"
    recoded = await client.patch(one, {"code": "I21.9"}, as_="doctor_a", version=1)
    assert (recoded.json()["code"], recoded.json()["display"]) == ("I21.9", "Acute myocardial infarction, unspecified")
    path, in_words = await recorded(client, display="Wheeze on exercise", code_system="ICD-10-CM", code="J45.909")
    kept = await client.patch(f"{path}/{in_words['id']}", {"code": "J45.990"}, as_="doctor_a", version=1)
    assert (kept.status_code, kept.json()["display"]) == (200, "Wheeze on exercise"), "words of one's own stay"


async def test_a_code_is_checked_and_its_title_stands_for_words(client: Client) -> None:
    _, problem = await recorded(client, code_system="ICD-10-CM", code="j45909")
    assert (problem["code"], problem["display"]) == ("J45.909", "Unspecified asthma, uncomplicated")
    person = await client.world.patient(client.world.a)
    for body, field in (
        ({"display": "Asthma", "code_system": "ICD-10-CM", "code": "J45.999"}, "code"),
        ({"display": "Asthma", "code_system": "SNOMED-CT", "code": "J45"}, "code"),
        ({"display": "Asthma", "code": "J45.909"}, "code"),
        ({}, "display"),
        ({"display": "Asthma", "onset_on": "2999-01-01"}, "onset_on"),
    ):
        wrong = await client.post(f"/patients/{person}/problems", body, as_="doctor_a")
        assert (wrong.status_code, list(wrong.json()["fields"])) == (422, [field])


async def test_what_a_problem_said_before_stays(client: Client, db_app: asyncpg.Connection) -> None:
    path, problem = await recorded(client, display="Chest pain", verification="provisional", onset_on="2026-11-01")
    one = f"{path}/{problem['id']}"
    ruled_out = await client.patch(one, {"verification": "refuted"}, as_="nurse_a", version=1)
    assert (ruled_out.status_code, ruled_out.json()["version"]) == (200, 2)
    assert (await client.patch(one, {"state": "resolved"}, as_="doctor_a", version=1)).status_code == 412
    coded = await client.patch(one, {"code": "R07.9", "verification": "confirmed"}, as_="doctor_a", version=2)
    assert (coded.json()["code"], coded.json()["code_system"]) == ("R07.9", "ICD-10-CM")
    early = await client.patch(one, {"state": "resolved", "abated_on": "2026-10-01"}, as_="doctor_a", version=3)
    assert list(early.json()["fields"]) == ["abated_on"]
    history = (await client.get(one, as_="nurse_a")).json()
    assert [(v["version"], v["verification"], v["code"]) for v in history["items"]] == [
        (3, "confirmed", "R07.9"),
        (2, "refuted", None),
        (1, "provisional", None),
    ]
    await db_app.execute("SELECT set_config('app.hospital_id', $1, false)", str(client.world.a.id))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await db_app.execute("UPDATE encounters.problem_change SET display = 'x'")


async def test_what_an_imported_problem_said_stays_too(client: Client) -> None:
    path, problem = await recorded(client, display="Chest pain", verification="provisional")
    async with client.world.owner() as db:
        await db.execute("DELETE FROM encounters.problem_change WHERE problem_id = $1", problem["id"])
        await db.execute("UPDATE encounters.problem SET created_by = NULL WHERE id = $1", problem["id"])
    one = f"{path}/{problem['id']}"
    assert (await client.patch(one, {"verification": "refuted"}, as_="doctor_a", version=1)).status_code == 200
    assert (await client.patch(one, {"severity": "mild"}, as_="doctor_a", version=2)).status_code == 200
    history = (await client.get(one, as_="nurse_a")).json()["items"]
    assert [(v["version"], v["verification"], v["changed_by"]) for v in history] == [
        (3, "refuted", "K. Doctor A"),
        (2, "refuted", "K. Doctor A"),
        (1, "provisional", ""),
    ]


async def test_a_mistake_needs_its_reason_and_does_not_come_back(client: Client) -> None:
    path, problem = await recorded(client, display="Gout")
    one = f"{path}/{problem['id']}"
    bare = await client.patch(one, {"state": "entered_in_error"}, as_="doctor_a", version=1)
    assert (bare.status_code, list(bare.json()["fields"])) == (422, ["reason"])
    done = await client.patch(one, {"state": "entered_in_error", "reason": "Other patient"}, as_="doctor_a", version=1)
    assert (done.json()["state"], done.json()["error_reason"]) == ("entered_in_error", "Other patient")
    back = await client.patch(one, {"state": "active"}, as_="doctor_a", version=2)
    assert (back.status_code, back.json()["code"]) == (409, "problem_entered_in_error")


async def test_who_records_problems(client: Client) -> None:
    path, problem = await recorded(client, display="Gout")
    for who, read, write in (
        ("nurse_a", 200, 201),
        ("pharmacist_a", 200, 403),
        ("receptionist_a", 403, 403),
        ("doctor_b", 404, 404),
    ):
        assert (await client.get(path, as_=who)).status_code == read
        assert (await client.post(path, {"display": "Asthma"}, as_=who)).status_code == write
        assert (await client.get(f"{path}/{problem['id']}", as_=who)).status_code == read


async def test_codes_are_searched_over_the_door(client: Client) -> None:
    found = items(await client.get("/codes/icd-10-cm?q=copd", as_="nurse_a"))
    assert found[0]["code"] == "J44.9"
    assert (await client.get("/codes/icd-10-cm?q=copd", as_="receptionist_a")).status_code == 403
    page = await client.get("/codes/icd-10-cm?q=asthma", as_="doctor_a", html=True, headers={"hx-request": "true"})
    assert 'data-code="J45.909"' in page.text


async def test_the_index_knows_codes_words_and_seventh_characters() -> None:
    index = await icd.index()

    def first(typed: str) -> str:
        return index.search(typed)[0].code

    assert first("heart failure") == "I50"
    assert first("heart attack") == "I21"
    assert first("fracture nof") == first("neck of femur fracture")
    assert first("uti") == "N39.0"
    assert first("diarrhoea") == "R19.7"
    assert [code.code for code in index.search("J45.90")] == ["J45.90", "J45.901", "J45.902", "J45.909"]
    injuries = index.search("S72.001")
    assert {code.code for code in injuries} >= {"S72.001A", "S72.001D", "S72.001S"}
    fall = index.find("w19xxxa")
    assert fall is not None
    assert (fall.code, fall.billable) == ("W19.XXXA", True)
    group = index.find("J45")
    assert group is not None
    assert not group.billable
    for nonsense in ("J45.999", "S72.001Z", "", "XXXXXXX", "Z"):
        assert index.find(nonsense) is None
    for typed in ("", "a", "zzzz", "%", "⟦", "J99.ZZZ", "x" * 5000):
        assert index.search(typed) == []


async def test_procedures_have_a_day_a_performer_and_a_code(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    path = f"/patients/{person}/procedures"
    today = datetime.now(UTC).date()
    body = {"display": "Chest drain, right", "performed_on": str(today - timedelta(days=1))}
    mine = await client.post(path, body, as_="doctor_a")
    assert (mine.status_code, mine.json()["performer"]) == (201, "K. Doctor A")
    coded = await client.post(
        path,
        body | {"code_system": "ICD-10-PCS", "code": "0w9930z", "performer": "Dr Lane, Eastgate", "site": "right"},
        as_="nurse_a",
    )
    assert (coded.json()["code"], coded.json()["performer"]) == ("0W9930Z", "Dr Lane, Eastgate")
    for wrong, field in (
        ({"code_system": "ICD-10-PCS", "code": "0O99"}, "code"),
        ({"code": "0W9930Z"}, "code"),
        ({"performed_on": str(today + timedelta(days=2))}, "performed_on"),
        ({"performer_id": str(client.world.staff["doctor_b"])}, "performer_id"),
    ):
        refused = await client.post(path, body | wrong, as_="doctor_a")
        assert (refused.status_code, list(refused.json()["fields"])) == (422, [field])
    assert len(items(await client.get(path, as_="pharmacist_a"))) == 2
    assert (await client.post(path, body, as_="pharmacist_a")).status_code == 403
    one = f"{path}/{mine.json()['id']}/error"
    assert (await client.post(one, {"reason": "Wrong side"}, as_="doctor_a", version=7)).status_code == 412
    done = await client.post(one, {"reason": "Wrong side"}, as_="doctor_a", version=1)
    assert (done.json()["state"], done.json()["error_reason"]) == ("entered_in_error", "Wrong side")
    for page in (path, f"/patients/{person}/problems"):
        assert (await client.get(page, as_="doctor_a", html=True)).status_code == 200
