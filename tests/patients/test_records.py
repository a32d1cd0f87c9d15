"""The patient's record through the front door: details, changes, contacts, photo, allergies."""

import asyncio
import base64
import struct
import zlib
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.client import Client

DIGITS = str.maketrans("0123456789", "ghijklmnop")
DESK = "receptionist_a"


def name(start: str) -> str:
    """A family name that nobody else has."""
    return start + uuid4().hex[:8].translate(DIGITS)


@pytest.fixture
async def patient(client: Client) -> UUID:
    return await client.world.patient(client.world.a, family=name("Rec"), given="Asha")


async def details(client: Client, patient: UUID, as_: str = DESK) -> dict[str, Any]:
    answer = await client.get(f"/patients/{patient}/details", as_=as_)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_details_page(client: Client, patient: UUID):
    page = await client.get(f"/patients/{patient}/details", as_="nurse_a", html=True)
    assert page.status_code == 200
    assert "Patient identity" in page.text
    assert (await client.get(f"/patients/{patient}/edit", as_="nurse_a", html=True)).status_code == 200


async def test_the_record_of_another_hospital_does_not_exist(client: Client, patient: UUID):
    calls = [
        client.get(f"/patients/{patient}/details", as_="nurse_b"),
        client.get(f"/patients/{patient}/edit", as_="nurse_b"),
        client.get(f"/patients/{patient}/photo", as_="nurse_b"),
        client.patch(f"/patients/{patient}", {"town": "x"}, version=1, as_="nurse_b"),
        client.post(f"/patients/{patient}/contacts", {"name": "x"}, as_="nurse_b"),
        client.delete(f"/patients/{patient}/contacts/{uuid4()}", version=1, as_="nurse_b"),
        client.post(f"/patients/{patient}/identifiers", {"system": "x", "value": "y"}, as_="nurse_b"),
        client.put(f"/patients/{patient}/photo", {"photo": "aaaa"}, as_="nurse_b"),
        client.post(f"/patients/{patient}/allergies", {"substance": "x"}, as_="nurse_b"),
        client.put(f"/patients/{patient}/allergies/{uuid4()}/error", {"reason": "wrong"}, version=1, as_="nurse_b"),
        client.put(f"/patients/{patient}/allergy-confirmation", {"none_known": True}, version=1, as_="nurse_b"),
    ]
    assert [answer.status_code for answer in await asyncio.gather(*calls)] == [404] * len(calls)


async def test_a_change_needs_its_version(client: Client, patient: UUID):
    missing = await client.patch(f"/patients/{patient}", {"town": "Kirkbrae"}, as_=DESK)
    assert missing.status_code == 428
    changed = await client.patch(f"/patients/{patient}", {"town": "Kirkbrae"}, version=1, as_=DESK)
    assert changed.status_code == 200, changed.text
    stale = await client.patch(f"/patients/{patient}", {"town": "Elsewhere"}, version=1, as_=DESK)
    assert stale.status_code == 412
    assert stale.json()["current"]["town"] == "Kirkbrae"
    assert (await details(client, patient))["person"]["town"] == "Kirkbrae"


async def test_twenty_editors_one_winner(client: Client, patient: UUID):
    answers = await asyncio.gather(
        *(client.patch(f"/patients/{patient}", {"town": f"Town {n}"}, version=1, as_=DESK) for n in range(20))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 19


async def test_what_is_not_sent_stays(client: Client, patient: UUID):
    before = (await details(client, patient))["person"]
    await client.patch(f"/patients/{patient}", {"mobile": "07700 900318"}, version=1, as_=DESK)
    after = (await details(client, patient))["person"]
    assert {name for name in after if after[name] != before[name]} == {"mobile", "version"}


async def test_a_new_name_is_found_at_once(client: Client, patient: UUID):
    family = name("Renamed")
    await client.patch(f"/patients/{patient}", {"family": family}, version=1, as_=DESK)
    listed = (await client.get(f"/patients?q={family}", as_="nurse_a")).json()["items"]
    assert [person["id"] for person in listed] == [str(patient)]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"family": ""}, "family"),
        ({"born_on": "2999-01-01"}, "born_day"),
        ({"deceased_on": "2999-01-01"}, "deceased_on"),
        ({"deceased_on": "1900-01-01"}, "deceased_on"),
        ({"network_number": "1"}, "network_number"),
    ],
)
async def test_a_wrong_change_is_named(client: Client, patient: UUID, change: dict[str, Any], field: str):
    answer = await client.patch(f"/patients/{patient}", change, version=1, as_=DESK)
    assert answer.status_code == 422, answer.text
    assert field in answer.json()["fields"]


async def test_an_emptied_field_of_the_form_is_emptied(client: Client, patient: UUID):
    await client.patch(f"/patients/{patient}", {"town": "Kirkbrae", "email": "a@b.example"}, version=1, as_=DESK)
    person = (await details(client, patient))["person"]
    form = {
        "_method": "PATCH",
        "version": str(person["version"]),
        "whole_form": "true",
        "family": person["family"],
        "given": "Asha",
        "sex": "female",
    }
    answer = await client.post(f"/patients/{patient}", form=form, as_=DESK, html=True)
    assert answer.status_code == 303, answer.text
    after = (await details(client, patient))["person"]
    assert (after["town"], after["email"], after["given"]) == ("", "", "Asha")


async def test_contacts_come_and_end(client: Client, patient: UUID):
    await client.post(f"/patients/{patient}/contacts", {"name": "Ravi", "relation": "Son"}, as_=DESK)
    contact = (await details(client, patient))["contacts"][0]
    path = f"/patients/{patient}/contacts/{contact['contact_id']}"
    assert (await client.delete(path, as_=DESK)).status_code == 428
    assert (await client.delete(path, version=9, as_=DESK)).status_code == 412
    assert (await client.delete(path, version=contact["version"], as_=DESK)).status_code == 200
    assert (await details(client, patient))["contacts"] == []
    assert (await client.delete(f"/patients/{patient}/contacts/{uuid4()}", version=1, as_=DESK)).status_code == 404


async def test_an_identifier_belongs_to_one(client: Client, patient: UUID):
    other = await client.world.patient(client.world.a)
    number = {"system": "passport", "value": uuid4().hex[:10]}
    assert (await client.post(f"/patients/{patient}/identifiers", number, as_=DESK)).status_code == 200
    taken = await client.post(f"/patients/{other}/identifiers", number, as_=DESK)
    assert (taken.status_code, taken.json()["code"]) == (409, "identifier_taken")


# --- Photo -----------------------------------------------------------------------------------------------------------


def png(width: int = 2, height: int = 2, *, text: bytes = b"") -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"\0\0\0\0\0\0\0" * 2)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    extra = chunk(b"tEXt", text) if text else b""
    return b"\x89PNG\r\n\x1a\n" + head + extra + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


async def put_photo(client: Client, patient: UUID, content: bytes) -> Any:
    body = {"photo": base64.b64encode(content).decode()}
    return await client.put(f"/patients/{patient}/photo", body, as_=DESK)


async def test_a_photo_is_kept_without_its_notes(client: Client, patient: UUID):
    assert (await client.get(f"/patients/{patient}/photo", as_=DESK)).status_code == 404
    assert (await put_photo(client, patient, png(text=b"Location\0home"))).status_code == 200
    photo = await client.get(f"/patients/{patient}/photo", as_="nurse_a")
    assert photo.headers["content-type"] == "image/png"
    assert photo.content == png()
    assert (await details(client, patient))["banner"]["photo_href"].startswith(f"/patients/{patient}/photo")
    assert (await client.get(f"/patients/{patient}/photo", as_="hospital_manager_a")).status_code == 403


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a....",
        b"<svg onload=x>",
        png(60_000, 60_000),
        png()[:40],
        b"\xff\xd8\xff\xe0\x00",
        b"\x89PNG\r\n\x1a\n",
    ],
)
async def test_what_is_no_photo_is_refused(client: Client, patient: UUID, content: bytes):
    assert (await put_photo(client, patient, content)).status_code == 422


async def test_a_photo_comes_from_a_form(client: Client, patient: UUID):
    answer = await client.http.post(
        f"/patients/{patient}/photo",
        data={"_method": "PUT", "idempotency_key": uuid4().hex},
        files={"photo": ("me.png", png(), "image/png")},
        headers={"accept": "text/html", "authorization": f"Bearer {await client.world.token(DESK)}"},
    )
    assert answer.status_code == 303, answer.text


# --- Allergies -------------------------------------------------------------------------------------------------------


async def test_three_states(client: Client, patient: UUID):
    state = (await details(client, patient))["person"]
    assert (state["allergy_state"], state["version"]) == ("not_recorded", 1)
    none = await client.put(f"/patients/{patient}/allergy-confirmation", {"none_known": True}, version=1, as_="nurse_a")
    assert none.json()["allergy_state"] == "none_known"
    banner = (await details(client, patient))["banner"]
    assert banner["allergy_confirmed"].startswith("confirmed ")
    recorded = await client.post(
        f"/patients/{patient}/allergies",
        {"substance": "Penicillin", "reaction": "anaphylaxis", "severity": "severe"},
        as_="nurse_a",
    )
    assert recorded.json()["allergy_state"] == "recorded"
    banner = (await details(client, patient))["banner"]
    assert banner["allergies"] == ["Penicillin – anaphylaxis"]
    assert banner["allergy_confirmed"] == ""


async def test_none_is_not_confirmed_over_a_recorded_allergy(client: Client, patient: UUID):
    made = (await client.post(f"/patients/{patient}/allergies", {"substance": "Latex"}, as_="nurse_a")).json()
    path = f"/patients/{patient}/allergy-confirmation"
    refused = await client.put(path, {"none_known": True}, version=made["version"], as_="nurse_a")
    assert (refused.status_code, refused.json()["code"]) == (409, "allergies_recorded")
    right = await client.put(path, {"none_known": False}, version=made["version"], as_="nurse_a")
    assert right.json()["allergy_state"] == "recorded"


async def test_a_mistaken_allergy_stays_struck_through_and_leaves_unknown(client: Client, patient: UUID):
    made = (await client.post(f"/patients/{patient}/allergies", {"substance": "Latex"}, as_="nurse_a")).json()
    path = f"/patients/{patient}/allergies/{made['allergy_id']}/error"
    assert (await client.put(path, {"reason": "Wrong patient"}, as_="nurse_a")).status_code == 428
    assert (await client.put(path, {"reason": ""}, version=1, as_="nurse_a")).status_code == 422
    marked = await client.put(path, {"reason": "Wrong patient"}, version=1, as_="nurse_a")
    assert marked.json()["allergy_state"] == "not_recorded"
    again = await client.put(path, {"reason": "Wrong patient"}, version=1, as_="nurse_a")
    assert again.status_code == 412
    shown = (await details(client, patient))["allergies"][0]
    assert (shown["state"], shown["error_reason"]) == ("entered_in_error", "Wrong patient")
    page = await client.get(f"/patients/{patient}/details", as_="nurse_a", html=True)
    assert "Entered in error: Wrong patient" in page.text


async def test_a_receptionist_records_no_allergy(client: Client, patient: UUID):
    refused = await client.post(f"/patients/{patient}/allergies", {"substance": "Latex"}, as_=DESK)
    assert refused.status_code == 403


async def test_changes_are_recorded_without_values(client: Client, patient: UUID):
    await client.post(f"/patients/{patient}/allergies", {"substance": "Canarium"}, as_="nurse_a")
    await client.patch(f"/patients/{patient}", {"town": "Canaria"}, version=2, as_=DESK)
    async with client.world.owner() as db:
        rows = await db.fetch("SELECT action, detail::text FROM audit.entry WHERE person_id = $1", patient)
    assert {"allergy.recorded", "patient.changed", "patient.read"} <= {row["action"] for row in rows}
    assert not any("canar" in (row["detail"] or "").lower() for row in rows)


async def test_an_allergy_may_be_an_intolerance_suspected_and_over(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    path = f"/patients/{person}/allergies"
    body = {"substance": "Codeine", "kind": "intolerance", "verification": "suspected", "reaction": "nausea"}
    made = await client.post(path, body, as_="pharmacist_a")
    assert made.status_code in (200, 201), made.text
    [entry] = (await client.get(f"/patients/{person}/details", as_="nurse_a")).json()["allergies"]
    assert (entry["kind"], entry["verification"], entry["state"]) == ("intolerance", "suspected", "active")
    one = f"{path}/{entry['allergy_id']}/resolution"
    assert (await client.put(one, {}, as_="receptionist_a", version=1)).status_code == 403
    assert (await client.put(one, {}, as_="nurse_a", version=9)).status_code == 412
    over = await client.put(one, {}, as_="nurse_a", version=1)
    assert (over.status_code, over.json()["allergy_state"]) == (200, "not_recorded")  # unknown again, not none
    again = await client.put(one, {}, as_="nurse_a", version=2)
    assert again.status_code == 412
    assert (await client.get(f"/patients/{person}/details", as_="nurse_a")).json()["allergies"][0][
        "state"
    ] == "resolved"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"substance": "Penicillin", "noted_on": "2099-01-01"}, "noted_on"),
        ({"substance": "\u202enillicineP"}, "substance"),
        ({"substance": "Penicillin", "reaction": "Rash\u202e and more"}, "reaction"),
    ],
)
async def test_an_allergy_reads_as_it_was_noted(client: Client, body: dict[str, Any], field: str) -> None:
    """Not on a day to come, and not turned round by a mark that nobody sees."""
    patient = await client.world.patient(client.world.a)
    answer = await client.post(f"/patients/{patient}/allergies", body, as_="nurse_a")
    assert (answer.status_code, set(answer.json()["fields"])) == (422, {field})


async def test_a_reaction_may_be_told_in_lines(client: Client) -> None:
    patient = await client.world.patient(client.world.a)
    body = {"substance": "Penicillin", "reaction": "Rash\nSwelling"}
    assert (await client.post(f"/patients/{patient}/allergies", body, as_="nurse_a")).status_code in (200, 201)
