"""A board that is held and brought up to date bed by bed is the board that is read whole."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from tests.beds.places import Ward, put, stay_of, ward_of
from tests.client import Client
from tests.world import Hospital
from wardline.beds import keeping, keeping_hospital
from wardline.platform.db import Db

SIGNS = {
    "spo2_percent": 90, "systolic_mmhg": 88, "diastolic_mmhg": 50, "pulse_per_min": 135,
    "temperature_celsius": 37.0, "consciousness": "A", "on_oxygen": False, "respiration_per_min": 26,
    "confirmed": ["spo2_percent", "systolic_mmhg", "pulse_per_min", "respiration_per_min", "diastolic_mmhg"],
}  # fmt: skip


class Boards:
    """Both boards of a ward's hospital, held from now on."""

    def __init__(self, client: Client, hospital: Hospital, ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
        self._client = client
        self._hospital_id, self._ward_id = hospital.id, ward.id
        self._monkeypatch = monkeypatch
        self.whole = 0

    async def _read(self) -> tuple[keeping_hospital.HeldHospital, keeping.HeldBoard]:
        now = datetime.now(UTC)
        db = Db(self._client.app.pool, self._hospital_id)
        hospital = await keeping_hospital.open_hospital(db, hospital_id=self._hospital_id, now=now)
        ward = await keeping.open_board(
            db, hospital_id=self._hospital_id, ward_id=self._ward_id, now=now, today=now.date()
        )
        assert ward is not None
        return hospital, ward

    async def compare(self) -> None:
        """What is held equals what is read anew."""
        hospital, ward = await self._read()
        with self._monkeypatch.context() as patch:
            patch.setattr(keeping_hospital, "_held", type(keeping_hospital._held)())
            patch.setattr(keeping, "_held", type(keeping._held)())
            hospital_anew, ward_anew = await self._read()
        assert hospital.version == hospital_anew.version
        assert (hospital.beds, hospital.rooms, hospital.wards) == (
            hospital_anew.beds, _unplaced(hospital_anew, hospital), hospital_anew.wards,
        )  # fmt: skip
        assert hospital.waiting == hospital_anew.waiting
        assert (ward.version, ward.rows, ward.rooms, ward.tasks) == (
            ward_anew.version, ward_anew.rows, ward_anew.rooms, ward_anew.tasks,
        )  # fmt: skip


def _unplaced(anew: keeping_hospital.HeldHospital, held: keeping_hospital.HeldHospital) -> list[object]:
    """Where a room's beds stand is noted when a page is made; the rest must be equal."""
    for new, old in zip(anew.rooms, held.rooms, strict=True):
        new.first_bed, new.end_bed = old.first_bed, old.end_bed
    return list(anew.rooms)


async def test_boards_follow_everything_that_happens_to_beds(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    hospital = client.world.a
    ward, other = await ward_of(client, hospital), await ward_of(client, hospital)
    stay, second = await stay_of(client, hospital, family="Okafor"), await stay_of(client, hospital, family="Lund")
    boards = Boards(client, hospital, ward, monkeypatch)
    await boards.compare()
    await put(client, stay, ward.women[0])
    await boards.compare()
    read = (await client.get(f"/encounters/{stay}", as_="nurse_a")).json()
    for change in ({"isolation": "contact"}, {"ready_to_leave": True}, {"needs": ["monitor"]}):
        answer = await client.patch(f"/encounters/{stay}", change | {"version": read["version"]}, as_="nurse_a")
        assert answer.status_code == 200, answer.text
        read = answer.json()
        await boards.compare()
    saved = await client.post(f"/patients/{read['patient_id']}/observations", SIGNS, as_="nurse_a")
    assert saved.status_code == 201, saved.text
    await boards.compare()
    reserved = await client.put(f"/beds/{ward.side[0]}/reservation", {"encounter_id": second}, as_="nurse_a")
    assert reserved.status_code == 200, reserved.text
    await boards.compare()
    await put(client, second, ward.side[0])
    moved = await client.put(
        f"/beds/{other.women[1]}/occupancy", {"encounter_id": stay, "override_reason": "No other bed"}, as_="nurse_a"
    )
    assert moved.status_code == 200, moved.text
    await boards.compare()
    for act in (client.delete, client.post, client.delete):
        await act(f"/beds/{ward.women[0]}/cleaning", as_="nurse_a")
        await boards.compare()
    gone = await client.post(f"/encounters/{second}/discharge", {"discharged_to": "home"}, as_="doctor_a")
    assert gone.status_code in (200, 201), gone.text
    await boards.compare()
    hospital_board, _ = await boards._read()
    assert _tile(hospital_board, other.women[1]).family == "Okafor"
    assert _tile(hospital_board, other.women[1]).news_score >= 5  # type: ignore[operator]


def _tile(held: keeping_hospital.HeldHospital, bed_id: UUID) -> keeping_hospital.Tile:
    return next(bed for bed in held.beds if bed.id == bed_id)


async def test_tasks_and_moves_are_read_with_their_beds_and_not_with_the_ward(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is asked, who took it on, where its patient lies now: each is read as a change, and equals what is read anew."""
    hospital = client.world.a
    ward, other = await ward_of(client, hospital), await ward_of(client, hospital)
    stay = await stay_of(client, hospital, family="Adeyemi")
    await put(client, stay, ward.women[0])
    boards = Boards(client, hospital, ward, monkeypatch)
    _, first = await boards._read()
    person = (await client.get(f"/encounters/{stay}", as_="nurse_a")).json()["patient_id"]
    task = (await client.post(f"/patients/{person}/observations", SIGNS, as_="nurse_a")).json()["task_id"]
    await boards.compare()
    _, asked = await boards._read()
    assert [(str(each.id), each.state) for each in asked.tasks] == [(task, "open")]
    assert [row.tasks for row in asked.rows if row.id == ward.women[0]] == [1]
    await client.post(f"/tasks/{task}/acknowledgement", as_="doctor_a")
    await boards.compare()
    listed = [await client.get(f"/tasks?ward_id={ward.id}", as_="doctor_a", html=True)]
    moved = await client.put(
        f"/beds/{ward.women[1]}/occupancy", {"encounter_id": stay, "override_reason": "Light"}, as_="nurse_a"
    )
    assert moved.status_code == 200, moved.text
    await boards.compare()
    _, after = await boards._read()
    assert [each.state for each in after.tasks] == ["acknowledged"]
    listed += [await client.get(f"/tasks?ward_id={ward.id}", as_="doctor_a", html=True)]
    labels = [board.tasks[0].bed_label or "" for board in (asked, after)]
    assert [[label in page.text for label in labels] for page in listed] == [[True, False], [False, True]]
    away = await client.put(
        f"/beds/{other.women[0]}/occupancy", {"encounter_id": stay, "override_reason": "Light"}, as_="nurse_a"
    )
    assert away.status_code == 200, away.text
    await boards.compare()
    await client.post(f"/tasks/{task}/completion", as_="doctor_a")
    await boards.compare()
    _, done = await boards._read()
    assert done.tasks == []
    assert done.whole_at == first.whole_at or keeping.is_over(first, done.whole_at), "the ward was read whole again"


async def test_a_change_that_names_nothing_is_read_whole(client: Client) -> None:
    hospital = client.world.b
    ward = await ward_of(client, hospital)
    db, now = Db(client.app.pool, hospital.id), datetime.now(UTC)

    async def read() -> keeping.HeldBoard:
        held = await keeping.open_board(db, hospital_id=hospital.id, ward_id=ward.id, now=now, today=now.date())
        assert held is not None
        return held

    async with client.world.owner() as owner:
        await owner.execute("SELECT platform.raise_topics($1, $2)", [f"ward:{ward.id}"], [None])
        await read()
        await owner.execute("UPDATE beds.bed SET features = '{oxygen}' WHERE id = $1", ward.women[0])
        raised = await owner.fetchval(
            "SELECT platform.raise_topics($1, $2)",
            [f"ward:{ward.id}"] * 3, [ward.women[1], ward.women[2], ward.women[1]],
        )  # fmt: skip
        assert len(raised) == 3
        assert len(set(raised)) == 1
        assert [row.features for row in (await read()).rows if row.id == ward.women[0]] != [["oxygen"]]
        await owner.execute("SELECT platform.raise_topics($1, $2)", [f"ward:{ward.id}"], [None])
    assert [row.features for row in (await read()).rows if row.id == ward.women[0]] == [["oxygen"]]


async def test_older_code_is_given_everything_where_it_would_keep_its_tasks(client: Client) -> None:
    """The version before this one runs beside it during an upgrade, and takes beds alone from what changed."""
    hospital = client.world.b
    ward = await ward_of(client, hospital)
    db, now = Db(client.app.pool, hospital.id), datetime.now(UTC)
    found: list[bool] = []
    async with client.world.owner() as owner:
        await owner.execute("SELECT platform.raise_topics($1, $2)", [f"ward:{ward.id}"], [None])
        for element in (ward.women[0], UUID(int=7)):
            [raised] = await owner.fetchval("SELECT platform.raise_topics($1, $2)", [f"ward:{ward.id}"], [element])
            found.append(
                await db.fetchval(
                    "SELECT whole FROM beds.open_board($1, $2, $3, $4)", hospital.id, ward.id, raised - 1, now
                )
            )
    assert found == [False, True]


async def test_a_task_goes_to_the_ward_where_its_patient_lies(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is asked stands on the board of that ward, and on no other; a stay that ends takes it from whichever shows it."""
    hospital = client.world.a
    ward, other = await ward_of(client, hospital), await ward_of(client, hospital)
    stay = await stay_of(client, hospital, family="Osei")
    await put(client, stay, ward.women[0])
    person = (await client.get(f"/encounters/{stay}", as_="nurse_a")).json()["patient_id"]
    here, there = Boards(client, hospital, ward, monkeypatch), Boards(client, hospital, other, monkeypatch)

    async def shown() -> tuple[list[UUID], list[UUID]]:
        await here.compare()
        await there.compare()
        (_, first), (_, second) = await here._read(), await there._read()
        return [task.id for task in first.tasks], [task.id for task in second.tasks]

    assert await shown() == ([], [])
    saved = (await client.post(f"/patients/{person}/observations", SIGNS, as_="nurse_a")).json()
    task = UUID(saved["task_id"])
    assert await shown() == ([task], [])
    elsewhere = {"encounter_id": stay, "override_reason": "No other bed"}
    moved = await client.put(f"/beds/{other.women[0]}/occupancy", elsewhere, as_="nurse_a")
    assert moved.status_code == 200, moved.text
    assert await shown() == ([], [task])
    _, board = await there._read()
    assert [row.tasks for row in board.rows if row.id == other.women[0]] == [1]
    asked = (await client.get(f"/tasks?ward_id={other.id}", as_="doctor_a")).json()
    assert [UUID(each["id"]) for each in asked["items"]] == [task]
    freed = await client.delete(f"/beds/{other.women[0]}/occupancy", {"reason": "To theatre"}, as_="nurse_a")
    assert freed.status_code == 200, freed.text
    assert await shown() == ([], [task]), "until another ward has the patient"
    gone = await client.post(f"/encounters/{stay}/discharge", {"discharged_to": "home"}, as_="doctor_a")
    assert gone.status_code in (200, 201), gone.text
    assert await shown() == ([], [])


async def test_what_older_code_does_to_a_hospitals_beds_is_read_whole(client: Client) -> None:
    """It names the beds of a move and not the stay, which no longer waits; a ward's rows it names as ever."""
    hospital = client.world.b
    ward = await ward_of(client, hospital)
    db = Db(client.app.pool, hospital.id)
    topics = [f"beds:{hospital.id}", f"ward:{ward.id}"]
    async with client.world.owner() as owner:
        await owner.execute("SELECT platform.raise_topics($1, $2)", topics, [None, None])
        raised = await owner.fetchval(
            "SELECT platform.end_write($1, $2, NULL, NULL, NULL, NULL, $3, $4, $5, $6)",
            hospital.id, hospital.id, [], [], topics, [ward.women[0]] * 2,
        )  # fmt: skip
    assert await db.fetchval("SELECT whole FROM beds.open_tiles($1, $2)", hospital.id, raised[0] - 1)
    now = datetime.now(UTC)
    found = await db.fetchval(
        "SELECT whole FROM beds.open_ward($1, $2, $3, $4)", hospital.id, ward.id, raised[1] - 1, now
    )
    assert found is False


async def test_a_program_is_told_scores_that_no_tile_shows(client: Client) -> None:
    hospital = client.world.a
    ward = await ward_of(client, hospital)
    stay = await stay_of(client, hospital, family="Quist")
    await put(client, stay, ward.women[0])
    db, now = Db(client.app.pool, hospital.id), datetime.now(UTC)
    before = await keeping_hospital.open_hospital(db, hospital_id=hospital.id, now=now)
    async with client.world.owner() as owner:
        await owner.execute(
            "UPDATE encounters.current SET news_score = 2 WHERE hospital_id = $1 AND encounter_id = $2",
            hospital.id, UUID(str(stay)),
        )  # fmt: skip
    later = before.whole_at + keeping_hospital.SCORES_EVERY
    assert not keeping_hospital.is_over(before, later), "a page shows no such score"
    told = await keeping_hospital.open_hospital(db, hospital_id=hospital.id, now=later, scores=True)
    assert _tile(told, ward.women[0]).news_score == 2


async def test_a_bed_that_did_not_change_stays_the_same_object(client: Client) -> None:
    hospital = client.world.b
    ward = await ward_of(client, hospital)
    db = Db(client.app.pool, hospital.id)
    before = await keeping_hospital.open_hospital(db, hospital_id=hospital.id, now=datetime.now(UTC))
    answer = await client.post(f"/beds/{ward.women[0]}/cleaning", as_="nurse_b")
    assert answer.status_code == 200, answer.text
    after = await keeping_hospital.open_hospital(db, hospital_id=hospital.id, now=datetime.now(UTC))
    assert after.version > before.version
    assert [new.id for new, old in zip(after.beds, before.beds, strict=True) if new is not old] == [ward.women[0]]


async def test_a_new_name_shows_on_both_boards_at_once(client: Client) -> None:
    hospital = client.world.a
    ward = await ward_of(client, hospital)
    stay = await stay_of(client, hospital, family="Unknown")
    await put(client, stay, ward.women[0])
    before = (await client.get(f"/wards/{ward.id}", as_="nurse_a")).json()
    [person] = [bed["patient"]["person_id"] for bed in before["beds"] if bed["patient"]]
    await client.get("/beds", as_="nurse_a")
    read = (await client.get(f"/patients/{person}/details", as_="receptionist_a")).json()
    version = (read.get("person") or read)["version"]
    answer = await client.patch(f"/patients/{person}", {"family": "Identified"}, as_="receptionist_a", version=version)
    assert answer.status_code == 200, answer.text
    board = (await client.get(f"/wards/{ward.id}", as_="nurse_a")).json()
    assert [bed["patient"]["family"] for bed in board["beds"] if bed["patient"]] == ["Identified"]
    tiles = (await client.get("/beds", as_="nurse_a")).json()["beds"]
    assert [tile["family"] for tile in tiles if tile["id"] == str(ward.women[0])] == ["Identified"]
