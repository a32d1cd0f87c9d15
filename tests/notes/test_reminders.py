"""What notes ask of others: a second signature, a signature at all. And what a note copies of results and medicines."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from tests.client import Client, all_items
from tests.lab.way import final, patient_of
from tests.notes.writing import begun, save
from tests.prescribing import confirmed
from wardline.notes.jobs import remind_of_drafts
from wardline.platform import clock
from wardline.platform.jobs import Work


async def tasks_of(client: Client, person: str | UUID, kind: str) -> list[dict[str, Any]]:
    listed = await all_items(client, "/tasks?everyone=true", as_="doctor_a")
    return [each for each in listed if each["person_id"] == str(person) and each["kind"] == kind]


def worker(client: Client) -> Work:
    return Work(client.app.pool, client.app.ledger, {}.update, name="test", request_id=uuid4().hex)


async def to_be_cosigned(client: Client, person: str) -> str:
    note = await begun(client, person)
    assert (await save(client, note, "plan", "Oxygen.", as_="doctor_a")).status_code == 200
    signed = await client.post(f"/notes/{note}/signature", {"cosign": True}, as_="doctor_a", version=2)
    assert signed.status_code == 200, signed.text
    return note


async def test_a_co_signature_is_a_task_with_an_owner_and_a_time(client: Client) -> None:
    person = await patient_of(client)
    note = await to_be_cosigned(client, person)
    [task] = await tasks_of(client, person, "note_cosign")
    assert (task["owner_role"], task["priority"], task["climbs_at"]) == ("doctor", "routine", None)
    assert task["subject_key"] == str(note)
    early = await client.post(f"/tasks/{task['id']}/completion", as_="doctor_a")
    assert (early.status_code, early.json()["code"]) == (409, "sign_first")
    async with client.world.owner() as db:
        name = f"second_doctor_{uuid4().hex[:6]}_a"
        await client.world.add_staff(db, name, "doctor", client.world.a)
    held = (await client.get(f"/notes/{note}", as_=name)).json()["note"]
    assert (await client.post(f"/notes/{note}/cosignature", {}, as_=name, version=held["version"])).status_code == 200
    assert await tasks_of(client, person, "note_cosign") == []


async def test_a_withdrawn_note_asks_nothing_any_more(client: Client) -> None:
    person = await patient_of(client)
    note = await to_be_cosigned(client, person)
    held = (await client.get(f"/notes/{note}", as_="doctor_a")).json()["note"]
    gone = await client.post(
        f"/notes/{note}/error", {"reason": "Other patient"}, as_="doctor_a", version=held["version"]
    )
    assert gone.status_code == 200, gone.text
    assert await tasks_of(client, person, "note_cosign") == []


async def test_a_draft_that_nobody_signs_becomes_a_task_once(client: Client) -> None:
    person = await patient_of(client)
    empty, written = await begun(client, person), await begun(client, person, as_="nurse_a", kind="nursing")
    assert (await save(client, written, "care", "Washed.", as_="nurse_a")).status_code == 200
    await remind_of_drafts(worker(client))
    assert await tasks_of(client, person, "note_unsigned") == [], "it is being written"
    async with client.world.owner() as db:
        await db.execute(
            "UPDATE notes.note SET saved_at = $1 WHERE id = ANY($2)",
            clock.now() - timedelta(hours=13),
            [empty, written],
        )
    for _ in range(2):
        await remind_of_drafts(worker(client))
    [task] = await tasks_of(client, person, "note_unsigned")
    assert (task["owner_role"], task["subject_key"], task["version"]) == ("nurse", str(written), 1)
    signed = await client.post(f"/notes/{written}/signature", {}, as_="nurse_a", version=2)
    assert signed.status_code == 200, signed.text
    assert await tasks_of(client, person, "note_unsigned") == []


async def test_results_and_medicines_are_copied_with_their_words(client: Client) -> None:
    person = await patient_of(client)
    path = f"/patients/{person}/inserts"
    assert (await client.get(f"{path}/results", as_="doctor_a")).json()["found"] is False
    await final(client, person, "K", 5.6)
    copied = (await client.get(f"{path}/results", as_="doctor_a")).json()["text"]
    assert copied.startswith("⟦Results of ")
    assert "Potassium 5.6 mmol/L (3.5 – 5.2) high" in copied
    order = {"lines": ["bisoprolol 5 mg po od"]}
    assert (await confirmed(client, f"/patients/{person}/medicines", order, as_="doctor_a")).status_code == 200
    copied = (await client.get(f"{path}/medicines", as_="doctor_a")).json()["text"]
    assert "bisoprolol – DOSE 5 mg – oral" in copied
