"""Observations that waited for the network: under their author's name, at their own time, once."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.client import Client

KEY = "0190b5d4-1111-4222-8333-{:012d}"


@pytest.fixture
async def patient(client: Client) -> UUID:
    person = await client.world.patient(client.world.a, family="Waiting")
    await client.world.stay(client.world.a, person)
    return person


async def sent(
    client: Client, patient: UUID, form: dict[str, str], *, key: str, at: datetime | None = None, author: str = "nurse_a",
    as_: str = "nurse_a",
) -> httpx.Response:  # fmt: skip
    """One send of the outbox, as outbox.js does it."""
    world = client.world
    hospital = world.a if author.endswith("_a") else world.b
    headers = {"wardline-author": f"{world.staff[author]} {hospital.id}"}
    if at is not None:
        headers["wardline-entered-at"] = at.isoformat()
    form = form | {"idempotency_key": key}
    return await client.post(f"/patients/{patient}/observations", form=form, as_=as_, key=key, headers=headers)


async def changes(client: Client, patient: UUID) -> list[dict[str, object]]:
    async with client.world.owner() as db:
        rows = await db.fetch(
            "SELECT detail FROM audit.entry WHERE person_id = $1 AND action = 'observations.recorded' ORDER BY at",
            patient,
        )
    return [json.loads(row["detail"]) if isinstance(row["detail"], str) else row["detail"] for row in rows]


async def test_the_clock_on_the_form_is_read_at_the_time_of_entering(client: Client, patient: UUID) -> None:
    entered = datetime.now(UTC) - timedelta(hours=30)
    async with client.world.owner() as db:
        await db.execute(
            "UPDATE encounters.encounter SET started_at = now() - interval '3 days' WHERE person_id = $1", patient
        )
        zone = await db.fetchval("SELECT time_zone FROM identity.hospital WHERE id = $1", client.world.a.id)
    clock = entered.astimezone(ZoneInfo(zone)).strftime("%H:%M")
    answer = await sent(client, patient, {"pulse_per_min": "80", "taken_clock": clock}, key=KEY.format(1), at=entered)
    assert answer.status_code == 201, answer.text
    taken = datetime.fromisoformat(answer.json()["taken_at"])
    assert abs(taken - entered) < timedelta(minutes=1)
    [detail] = await changes(client, patient)
    assert abs(int(str(detail["sent_later_seconds"])) - 30 * 3600) < 60
    shown = await client.get(f"/observations/{answer.json()['id']}", as_="nurse_a", html=True)
    assert "Sent later: entered" in shown.text


async def test_what_is_sent_at_once_is_not_called_late(client: Client, patient: UUID) -> None:
    future = datetime.now(UTC) + timedelta(hours=1)
    saved = await sent(client, patient, {"pulse_per_min": "81"}, key=KEY.format(2), at=future)
    assert saved.status_code == 201
    shown = await client.get(f"/observations/{saved.json()['id']}", as_="nurse_a", html=True)
    assert "Sent later" not in shown.text
    assert all("sent_later_seconds" not in detail for detail in await changes(client, patient))


async def test_a_repeated_send_is_answered_the_same_and_stored_once(client: Client, patient: UUID) -> None:
    entered = datetime.now(UTC) - timedelta(minutes=12)
    first = await sent(client, patient, {"pulse_per_min": "82"}, key=KEY.format(3), at=entered)
    async with client.world.owner() as db:
        await db.execute(
            "UPDATE encounters.encounter SET state = 'finished', ended_at = now() WHERE person_id = $1", patient
        )
        await db.execute("DELETE FROM encounters.current WHERE person_id = $1", patient)
    again = await sent(client, patient, {"pulse_per_min": "82"}, key=KEY.format(3), at=entered)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    other = await sent(client, patient, {"pulse_per_min": "99"}, key=KEY.format(3), at=entered)
    assert other.status_code == 422
    assert len(await changes(client, patient)) == 1


async def test_nobody_sends_what_somebody_else_wrote(client: Client, patient: UUID) -> None:
    refused = await sent(client, patient, {"pulse_per_min": "83"}, key=KEY.format(4), author="nurse_a", as_="doctor_a")
    assert (refused.status_code, refused.json()["code"]) == (409, "other_author")
    assert await changes(client, patient) == []
    elsewhere = await sent(client, patient, {"pulse_per_min": "83"}, key=KEY.format(4), author="nurse_b")
    assert elsewhere.status_code == 409
    mine = await sent(client, patient, {"pulse_per_min": "83"}, key=KEY.format(4))
    assert mine.status_code == 201


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("wardline-author", "nurse"),
        ("wardline-entered-at", "yesterday"),
        ("wardline-entered-at", "2026-11-24T14:20:07"),
        ("wardline-entered-at", "0001-01-01T00:00:00+14:00"),
    ],
)
async def test_a_header_that_says_nothing_is_refused(client: Client, patient: UUID, name: str, value: str) -> None:
    body = {"pulse_per_min": 84}
    answer = await client.post(f"/patients/{patient}/observations", body, as_="nurse_a", headers={name: value})
    assert answer.status_code == 400


async def test_the_form_says_that_it_may_wait(client: Client, patient: UUID) -> None:
    sheet = await client.get(
        f"/patients/{patient}/observations/new", as_="nurse_a", html=True, headers={"hx-request": "true"}
    )
    assert 'data-outbox="Observations"' in sheet.text
    assert f'data-person="{patient}"' in sheet.text
