"""What devices tell of a time without a network: each thing once, by whoever did it, and seen by nobody else."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.client import Client


def author(client: Client, who: str) -> dict[str, str]:
    hospital = client.world.a if who.endswith("_a") else client.world.b
    return {"wardline-author": f"{client.world.staff[who]} {hospital.id}"}


async def tell(client: Client, openings: list[dict[str, Any]], *, as_: str = "nurse_a", by: str = "") -> Any:
    return await client.post(
        "/outbox/openings", {"openings": openings}, as_=as_, key="", headers=author(client, by or as_)
    )


async def recorded(client: Client, action: str, **where: Any) -> list[Any]:
    async with client.world.owner() as db:
        [(name, value)] = where.items()
        return await db.fetch(f"SELECT * FROM audit.entry WHERE action = $1 AND {name} = $2", action, value)


def opening(path: str, person: UUID | None = None, minutes_ago: float = 5) -> dict[str, Any]:
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    return {
        "id": str(uuid4()),
        "path": path,
        "patient_id": str(person) if person else None,
        "opened_at": at.isoformat(),
    }


async def test_the_key_is_the_callers_own_and_always_the_same(client: Client) -> None:
    keys = {
        who: (await client.get("/outbox/key", as_=who)).json() for who in ("nurse_a", "doctor_a", "nurse_b", "nurse_a")
    }
    again = await client.get("/outbox/key", as_="nurse_a")
    assert again.json() == keys["nurse_a"]
    assert again.headers["cache-control"] == "no-store"
    assert len({each["key"] for each in keys.values()}) == 3
    assert all(len(base64.b64decode(each["key"])) == 32 for each in keys.values())
    assert keys["nurse_a"]["owner"] == author(client, "nurse_a")["wardline-author"]
    assert (await client.http.get("/outbox/key", headers={"accept": "application/json"})).status_code == 401


async def test_a_copy_that_was_opened_is_one_entry_however_often_it_is_told(client: Client) -> None:
    world = client.world
    person = await world.patient(world.a)
    seen = opening(f"/patients/{person}/given", person)
    for _ in range(3):
        answer = await tell(client, [seen, seen])
        assert answer.status_code == 200, answer.text
    [entry] = await recorded(client, "copy.read", person_id=person)
    assert entry["actor_id"] == world.staff["nurse_a"]
    assert entry["subject_id"] == UUID(seen["id"])
    detail = entry["detail"] if isinstance(entry["detail"], str) else str(entry["detail"])
    assert seen["opened_at"][:19] in detail


async def test_a_wards_page_is_told_too(client: Client) -> None:
    seen = opening(f"/wards/{client.world.a.ward_id}/round?hours=4")
    assert (await tell(client, [seen])).json() == {"recorded": 1}
    [entry] = await recorded(client, "ward_copy.read", subject_id=UUID(seen["id"]))
    assert entry["person_id"] is None


async def test_only_the_reader_tells_what_they_opened(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    seen = opening(f"/patients/{person}", person)
    assert (await tell(client, [seen], as_="doctor_a", by="nurse_a")).status_code == 409
    unsaid = await client.post("/outbox/openings", {"openings": [seen]}, as_="nurse_a", key="")
    assert unsaid.status_code == 400
    assert await recorded(client, "copy.read", person_id=person) == []


async def test_what_no_device_keeps_cannot_have_been_opened(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    assert (await tell(client, [opening(f"/patients/{person}/notes", person)])).status_code == 400
    assert (await tell(client, [opening("/audit")])).status_code == 400
    assert (await tell(client, [])).status_code == 422


async def test_a_time_without_its_zone_is_refused(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    seen = opening(f"/patients/{person}", person) | {"opened_at": "2026-11-27T04:00:00"}
    assert (await tell(client, [seen])).status_code == 422


async def test_a_time_to_come_is_now_and_a_stranger_is_nobody(client: Client) -> None:
    world = client.world
    theirs = await world.patient(world.b)
    seen = opening(f"/patients/{theirs}", theirs, minutes_ago=-60)
    assert (await tell(client, [seen])).status_code == 200
    async with world.owner() as db:
        row = await db.fetchrow("SELECT * FROM desk.opening WHERE id = $1", UUID(seen["id"]))
    assert row["person_id"] is None
    assert row["opened_at"] <= row["told_at"]
    assert await recorded(client, "copy.read", person_id=theirs) == []


async def discarded(client: Client, person: UUID | None, **more: Any) -> tuple[str, Any]:
    now = datetime.now(UTC)
    body = {
        "id": str(uuid4()),
        "what": "Given: ondansetron 4 mg",
        "answer": "This dose is already recorded",
        "patient_id": str(person) if person else None,
        "entered_at": (now - timedelta(minutes=9)).isoformat(),
        "discarded_at": now.isoformat(),
    } | more
    answer = await client.post("/outbox/discards", body, as_="nurse_a", headers=author(client, "nurse_a"))
    return str(body["id"]), answer


async def open_ids(client: Client, as_: str = "nurse_a") -> set[str]:
    return {row["id"] for row in (await client.get("/outbox/discards", as_=as_)).json()["items"]}


async def test_a_discarded_entry_leaves_a_trace_until_its_author_has_noted_it(client: Client) -> None:
    world = client.world
    person = await world.patient(world.a, family="Discard", given="Asha")
    entry, answer = await discarded(client, person, reason="Given by the doctor")
    assert answer.status_code == 204, answer.text
    assert (await discarded(client, person, id=entry))[1].status_code == 204
    [row] = [
        each for each in (await client.get("/outbox/discards", as_="nurse_a")).json()["items"] if each["id"] == entry
    ]
    assert (row["family"], row["reason"], row["what"]) == ("Discard", "Given by the doctor", "Given: ondansetron 4 mg")
    [written] = await recorded(client, "entry.discarded", person_id=person)
    assert written["actor_id"] == world.staff["nurse_a"]
    assert "Given by" not in str(written["detail"])
    assert entry not in await open_ids(client, "doctor_a") | await open_ids(client, "nurse_b")
    shown = (await client.get("/outbox/discards", as_="nurse_a", html=True)).text
    assert "DISCARD" in shown
    for who in ("doctor_a", "nurse_b"):
        await client.post("/outbox/acknowledgements", {"id": entry}, as_=who)
    assert entry in await open_ids(client)
    for _ in range(2):
        assert (await client.post("/outbox/acknowledgements", {"id": entry}, as_="nurse_a")).status_code == 204
    assert entry not in await open_ids(client)
    assert len(await recorded(client, "entry.acknowledged", person_id=person)) == 1


async def test_what_could_not_be_read_is_told_without_a_patient(client: Client) -> None:
    entry, answer = await discarded(client, None, what="An entry that could not be read", answer="")
    assert answer.status_code == 204, answer.text
    assert entry in await open_ids(client)
    async with client.world.owner() as db:
        counted = "SELECT count(*) FROM audit.entry WHERE action = 'entry.discarded' AND detail->>'entry' = $1"
        assert await db.fetchval(counted, entry) == 1


async def test_the_application_cannot_change_what_was_told(client: Client, db_app: asyncpg.Connection) -> None:
    await db_app.execute("SELECT set_config('app.hospital_id', $1, false)", str(client.world.a.id))
    for statement in (
        "UPDATE desk.opening SET page = '/'",
        "DELETE FROM desk.opening",
        "UPDATE desk.discard SET reason = ''",
        "DELETE FROM desk.discard",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await db_app.execute(statement)
