"""Many hands at one note at once: everybody's words are kept, one signature counts, and nothing breaks."""

import asyncio

from tests.client import Client
from tests.notes.writing import begun, read, save, texts
from tests.races import rounds, timed

pytestmark = timed
ROUNDS = rounds(10)
RIVALS = 50


async def test_two_editors_of_one_note_both_keep_their_words(client: Client) -> None:
    note = await begun(client, await client.world.patient(client.world.a), kind="handover")
    await asyncio.gather(client.world.token("nurse_a"), client.world.token("doctor_a"))
    for number in range(ROUNDS):
        answers = await asyncio.gather(
            *(
                save(client, note, "situation", f"{who} {number}", as_=who, version=number)
                for who in ("doctor_a", "nurse_a")
            )
        )
        assert [a.status_code for a in answers] == [200, 200], [a.text for a in answers]
    last = ROUNDS - 1
    assert sorted(texts(await read(client, note))) == [
        ("situation", f"doctor_a {last}"),
        ("situation", f"nurse_a {last}"),
    ]
    async with client.world.owner() as db:
        assert await db.fetchval("SELECT count(*) FROM notes.revision WHERE note_id = $1", note) == 2 * ROUNDS


async def test_fifty_writers_at_once_and_nobody_is_lost(client: Client) -> None:
    world = client.world
    names = [f"ward{number}_nurse_a" for number in range(RIVALS)]
    async with world.owner() as db:
        for name in names:
            await world.add_staff(db, name, "nurse", world.a)
    note = await begun(client, await world.patient(world.a), as_="nurse_a", kind="nursing")
    for name in names:
        await world.token(name)
    for number in range(rounds(2)):
        answers = await asyncio.gather(
            *(save(client, note, "care", f"{name} {number}", as_=name, version=number) for name in names)
        )
        assert {a.status_code for a in answers} == {200}
    assert len(texts(await read(client, note, as_="nurse_a"))) == RIVALS


async def test_fifty_windows_of_one_person_have_one_winner_each_round(client: Client) -> None:
    note = await begun(client, await client.world.patient(client.world.a))
    await client.world.token("doctor_a")
    for number in range(rounds(2)):
        answers = await asyncio.gather(
            *(
                save(client, note, "plan", f"window {n} round {number}", as_="doctor_a", version=number)
                for n in range(RIVALS)
            )
        )
        codes = [a.status_code for a in answers]
        assert (codes.count(200), codes.count(412)) == (1, RIVALS - 1), codes


async def test_signing_and_writing_at_once_never_signs_unseen_words(client: Client) -> None:
    world = client.world
    person = await world.patient(world.a)
    for _ in range(rounds(5)):
        note = await begun(client, person, kind="handover")
        await save(client, note, "situation", "Stable.", as_="doctor_a")
        signature, saved = await asyncio.gather(
            client.post(f"/notes/{note}/signature", {}, as_="doctor_a", version=2),
            save(client, note, "situation", "Fell.", as_="nurse_a"),
        )
        outcome = (signature.status_code, saved.status_code)
        assert outcome in {(200, 409), (412, 200)}, (outcome, signature.text, saved.text)
        page = await read(client, note)
        assert (page["note"]["state"] == "signed") == (signature.status_code == 200)
        assert len(texts(page)) == (1 if signature.status_code == 200 else 2)
