"""Decisions about beds without any I/O: which bed fits whom, what a board shows of a stay, who waits too long."""

from collections import Counter
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import structs

from wardline.beds import medicines
from wardline.beds.models import (
    Bed,
    BedRow,
    HospitalSummary,
    HospitalWard,
    Need,
    Patient,
    Reservation,
    Room,
    RoomHead,
    Summary,
    TaskRow,
    Tile,
    TileHead,
    Waiting,
)
from wardline.beds.move_models import BedStanding, Fit, FitBed, Reason, Stay

WAIT_TARGET = timedelta(hours=4)  # own, for a hospital to set: the mark on the waiting bar
WAIT_SHOWN = timedelta(hours=6)  # the whole bar
WAIT_PARTS = 200
UNDO_WITHIN = timedelta(seconds=30)
UNDO_GRACE = timedelta(seconds=15)  # the way of the last-moment click to the server
RESERVED_FOR = timedelta(hours=2)
TREND_WITHIN = timedelta(hours=24)
SOON_WITHIN = timedelta(hours=1)
SOON_ROWS_MAX = 8
FITS_SHOWN_MAX = 6

SEX_OF_ROOM = {"female": "women", "male": "men"}
ROOM_WORDS = {"women": "Women’s bay", "men": "Men’s bay"}
FEATURE_WORDS = {"monitor": "Monitor", "oxygen": "Oxygen", "bariatric": "Bariatric bed"}
NEED_WORDS = {"monitor": "heart monitor", "oxygen": "oxygen", "bariatric": "bariatric bed", "side_room": "side room"}
RUNG_WORDS = {
    "nurse_in_charge": "Nurse in charge",
    "doctor_on_call": "Doctor on call",
    "registrar": "Registrar",
    "outreach_team": "Outreach team",
}


# ---- which bed fits ----------------------------------------------------------------------------------------------


def fit(bed: BedStanding, stay: Stay, *, at: str) -> Fit:
    """What speaks for and against the bed. `refused` cannot be overridden, `doubt` can, with a reason. `at` is the
    clock time until which the bed is kept for somebody else, in words."""
    found = Fit(reasons=[], refused=_refused(bed, stay), doubt="", points=0)
    _weigh_room(bed, stay, found)
    _weigh_features(bed, stay, found)
    _weigh_specialty(bed, stay, found)
    if bed.reserved_for_id is not None and bed.reserved_for_id != stay.encounter_id:
        _doubt(found, f"Kept for {bed.reserved_family}, due {at}")
    if bed.reserved_for_id == stay.encounter_id:
        _for(found, "Kept for this patient", 6)
    found.points += 2 if bed.state == "ready" else -2
    return found


def _refused(bed: BedStanding, stay: Stay) -> str:
    if not bed.active:
        return "No longer in use"
    if bed.encounter_id is not None and bed.encounter_id != stay.encounter_id:
        return "Taken"
    if bed.state == "closed":
        return f"Closed: {bed.state_reason}" if bed.state_reason else "Closed"
    return "Being cleaned" if bed.state == "cleaning" else ""


def _weigh_room(bed: BedStanding, stay: Stay, found: Fit) -> None:
    needs_side_room = stay.isolation is not None or "side_room" in stay.needs
    if bed.room_kind == "side_room":
        _for(found, "Side room", 5 if needs_side_room else -1)
    elif stay.isolation is not None:
        _doubt(found, "Isolation needs a side room")
    elif needs_side_room:
        _against(found, "Not a side room", 4)
    if bed.room_sex == "any":
        return
    if SEX_OF_ROOM.get(stay.sex) == bed.room_sex:
        _for(found, ROOM_WORDS[bed.room_sex], 2)
    else:
        _doubt(found, ROOM_WORDS[bed.room_sex])


def _weigh_features(bed: BedStanding, stay: Stay, found: Fit) -> None:
    for need, words in FEATURE_WORDS.items():
        if need in stay.needs:
            if need in bed.features:
                _for(found, words, 3)
            else:
                _against(found, f"No {words.lower()}", 4)


def _weigh_specialty(bed: BedStanding, stay: Stay, found: Fit) -> None:
    if bed.ward_id == stay.ward_id:
        _for(found, "Same ward", 2)
    elif stay.specialty and stay.specialty.casefold() == bed.specialty.casefold():
        _for(found, "Own specialty", 4)
    elif stay.specialty:
        _against(found, "Outlier", 2)


def _for(found: Fit, words: str, points: int) -> None:
    found.reasons.append(Reason(words, True))
    found.points += points


def _against(found: Fit, words: str, points: int) -> None:
    found.reasons.append(Reason(words, False))
    found.points -= points


def _doubt(found: Fit, words: str) -> None:
    _against(found, words, 20)
    found.doubt = f"{found.doubt}; {words.lower()}" if found.doubt else words


def ranked(beds: list[tuple[BedStanding, Fit]]) -> tuple[list[FitBed], list[FitBed]]:
    """The beds that fit, best first (being cleaned still fits: it is kept until ready); and the others with why not."""
    fitting = [(bed, found) for bed, found in beds if not found.doubt and found.refused in ("", "Being cleaned")]
    fitting.sort(key=lambda each: -each[1].points)
    fits = [_fit_bed(bed, found, rank) for rank, (bed, found) in enumerate(fitting[:FITS_SHOWN_MAX], start=1)]
    shown = {each.bed_id for each in fits}
    others = [_fit_bed(bed, found, 0) for bed, found in beds if bed.id not in shown]
    return fits, others


def _fit_bed(bed: BedStanding, found: Fit, rank: int) -> FitBed:
    return FitBed(
        bed_id=bed.id,
        label=bed.label,
        ward=bed.specialty or bed.ward,
        room=bed.room,
        state=bed.state,
        state_since=bed.state_since,
        rank=rank,
        reasons=found.reasons,
        refused=found.refused,
        doubt=found.doubt,
    )


def needs_words(stay: Stay) -> list[str]:
    """What the stay asks of a bed, in words."""
    words = [NEED_WORDS[need] for need in stay.needs if need in NEED_WORDS]
    if stay.isolation is not None and "side_room" not in stay.needs:
        words.append(f"side room ({stay.isolation} isolation)")
    if stay.specialty:
        words.append(stay.specialty.lower())
    return words


# ---- the ward's board --------------------------------------------------------------------------------------------


def trend_from(now: datetime) -> datetime:
    """From when on a board shows the scores of the last day: from a whole hour, so that all screens agree on them."""
    return (now - TREND_WITHIN).replace(minute=0, second=0, microsecond=0)


def families_of(rows: list[BedRow]) -> Counter[str]:
    """How many patients of a board bear each family name."""
    return Counter(row.family.casefold() for row in rows if row.family)


def turned_late(row: BedRow, bed: Bed, now: datetime, *, dosed: bool) -> bool:
    """Whether the clock alone has changed what the board shows of a bed; `dosed`: a moment of its medicines may have come."""
    who, due = bed.patient, row.observations_due_at
    if who is None:
        return False
    late = due is not None and (due < now) != who.observations_late
    return late or (dosed and medicines.waiting(row.medicines_waiting, now) != who.medicines)


def board_bed(row: BedRow, families: Counter[str], now: datetime, today: date) -> Bed:
    """One row as the board shows it."""
    patient = _patient(row, families, now, today)
    reservation = None
    if row.reserved_for_id is not None and row.reserved_due_at is not None:
        reservation = Reservation(
            encounter_id=row.reserved_for_id,
            family=row.reserved_family or "",
            given=row.reserved_given or "",
            sex=row.reserved_sex or "unknown",
            born_on=row.reserved_born_on,
            from_place=row.reserved_from or "",
            due_at=row.reserved_due_at,
        )
    bed = Bed(
        id=row.id,
        room_id=row.room_id,
        room=row.room,
        label=row.label,
        state="occupied" if patient else row.state,
        state_since=row.state_since,
        state_reason=row.state_reason,
        features=row.features,
        version=row.version,
        patient=patient,
        reservation=reservation,
        marks=[],
    )
    bed.marks = marks(bed)
    return bed


def _patient(row: BedRow, families: Counter[str], now: datetime, today: date) -> Patient | None:
    if row.encounter_id is None or row.person_id is None or row.since is None:
        return None
    leaves = row.expected_discharge_on
    due = row.observations_due_at
    return Patient(
        encounter_id=row.encounter_id,
        person_id=row.person_id,
        family=row.family or "",
        given=row.given or "",
        sex=row.sex or "unknown",
        born_on=row.born_on,
        since=row.since,
        same_name=families[(row.family or "").casefold()] > 1,
        isolation=row.isolation,
        expected_discharge_on=leaves,
        ready_to_leave=bool(row.ready_to_leave),
        leaves_today=leaves is not None and leaves <= today,
        news_score=row.news_score,
        news_band=row.news_band,
        news_signs=row.news_signs or 0,
        trend=[int(score) for score in (row.trend or "").split()],
        observations_due_at=due,
        observations_late=due is not None and due < now,
        medicines=medicines.waiting(row.medicines_waiting, now),
        tasks=row.tasks,
    )


def marks(bed: Bed) -> list[str]:
    """The filters of the summary line that the bed passes."""
    if bed.patient is None:
        if bed.reservation is not None:
            return ["arriving"]
        return ["free"] if bed.state == "ready" else []
    who = bed.patient
    found = {
        "occupied": True,
        "high": who.news_score is not None and who.news_score >= 7,
        "medium": who.news_score in (5, 6),
        "late": who.observations_late,
        "overdue": who.medicines is not None and who.medicines.overdue > 0,
        "isolation": who.isolation is not None,
        "leaving": who.leaves_today or who.ready_to_leave,
        "arriving": bed.reservation is not None,
    }
    return [mark for mark, holds in found.items() if holds]


def summary(beds: list[Bed]) -> Summary:
    """The numbers of the summary line; each counts the beds that its filter shows, that of medicines the doses there."""
    count = Counter(mark for bed in beds for mark in bed.marks)
    arrivals = [bed.reservation.due_at for bed in beds if bed.reservation is not None]
    return Summary(
        beds=len(beds),
        in_use=count["occupied"],
        news_high=count["high"],
        news_medium=count["medium"],
        observations_late=count["late"],
        medicines_overdue=sum(bed.patient.medicines.overdue for bed in beds if bed.patient and bed.patient.medicines),
        in_isolation=count["isolation"],
        leave_today=count["leaving"],
        ready_to_leave=sum(1 for bed in beds if bed.patient and bed.patient.ready_to_leave),
        arriving=count["arriving"],
        next_arrival_at=min(arrivals, default=None),
        ready=count["free"],
        cleaning=sum(1 for bed in beds if bed.state == "cleaning"),
        closed=sum(1 for bed in beds if bed.state == "closed"),
    )


def room_heads(rooms: list[Room], beds: list[Bed]) -> list[RoomHead]:
    """The heads of the bays, without those that have no bed."""
    total = Counter(bed.room_id for bed in beds)
    in_use = Counter(bed.room_id for bed in beds if bed.patient is not None)
    heads: list[RoomHead] = []
    first = 0
    for room in rooms:
        if count := total[room.id]:
            heads.append(
                RoomHead(
                    room.id, room.id, room.label, room.kind, room.sex, count, in_use[room.id], first, first + count
                )
            )
            first += count
    return heads


# ---- what somebody must do ---------------------------------------------------------------------------------------


def needs_now(tasks: list[TaskRow], beds: list[Bed]) -> list[Need]:
    """Open tasks and late observations, the critical first, then by how long they have been due; behind them what
    somebody has taken on, the newest answer first."""
    found = [_task_need(task) for task in tasks] + [
        _observations_need(bed, bed.patient, "warn") for bed in beds if bed.patient and bed.patient.observations_late
    ]
    order = {"crit": 0, "warn": 1, "info": 2}
    waiting = [need for need in found if need.acknowledged_at is None]
    answered = [(need.acknowledged_at, need) for need in found if need.acknowledged_at is not None]
    return [
        *sorted(waiting, key=lambda need: (order[need.tier], need.due_at)),
        *(need for _, need in sorted(answered, key=lambda pair: pair[0], reverse=True)),
    ]


def _task_need(task: TaskRow) -> Need:
    tier = {"critical": "crit", "urgent": "warn"}.get(task.priority, "info")
    return Need(
        kind="task",
        tier="info" if task.state == "acknowledged" else tier,
        person_id=task.person_id,
        family=task.family or "",
        given=task.given or "",
        bed_label=(task.bed_label or "").rpartition("-")[2],
        words=f"{task.title}: {task.reason}" if task.reason else task.title,
        reason=task.reason or task.title,
        due_at=task.due_at,
        task_id=task.id,
        owner_role=task.owner_role,
        owner_words=task.owner_words,
        next_words=RUNG_WORDS.get(task.ladder[0], task.ladder[0].replace("_", " ")) if task.ladder else "",
        climbs_at=task.climbs_at,
        acknowledged_at=task.acknowledged_at if task.state == "acknowledged" else None,
    )


def _observations_need(bed: Bed, who: Patient, tier: str) -> Need:
    assert who.observations_due_at is not None
    return Need(
        kind="observations",
        tier=tier,
        person_id=who.person_id,
        family=who.family,
        given=who.given,
        bed_label=bed.label,
        words="Observations",
        reason="",
        due_at=who.observations_due_at,
        task_id=None,
        owner_role="",
        owner_words="",
        next_words="",
        climbs_at=None,
        acknowledged_at=None,
    )


def needs_soon(beds: list[Bed], now: datetime) -> list[Need]:
    """Observations and arrivals of the next hour, soonest first."""
    until = now + SOON_WITHIN
    found = [
        _observations_need(bed, bed.patient, "info")
        for bed in beds
        if bed.patient and bed.patient.observations_due_at and now <= bed.patient.observations_due_at <= until
    ]
    for bed in beds:
        if (kept := bed.reservation) is not None and kept.due_at <= until:
            words = f"Arrives from {kept.from_place}" if kept.from_place else "Arrives"
            need = Need(
                kind="arrival", tier="info", person_id=None, family=kept.family, given=kept.given, bed_label=bed.label,
                words=words, reason="", due_at=kept.due_at, task_id=None, owner_role="", owner_words="", next_words="",
                climbs_at=None, acknowledged_at=None,
            )  # fmt: skip
            found.append(need)
    return sorted(found, key=lambda need: need.due_at)[:SOON_ROWS_MAX]


# ---- the hospital's board ----------------------------------------------------------------------------------------


def tile_heads(wards: list[HospitalWard], beds: list[Tile], today: date) -> list[TileHead]:
    """The heads of the wards with their counts, without wards that have no bed."""
    heads: list[TileHead] = []
    of_ward: dict[UUID, list[Tile]] = {}
    for bed in beds:
        of_ward.setdefault(bed.ward_id, []).append(bed)
    for ward in wards:
        own = of_ward.get(ward.id)
        if not own:
            continue
        heads.append(
            TileHead(
                id=ward.id,
                ward_id=ward.id,
                code=ward.code,
                name=ward.name,
                specialty=ward.specialty,
                beds=len(own),
                in_use=sum(bed.encounter_id is not None for bed in own),
                ready=sum(is_free(bed) for bed in own),
                cleaning=sum(bed.state == "cleaning" for bed in own),
                closed=sum(bed.state == "closed" for bed in own),
                reserved=sum(bed.reserved_for_id is not None for bed in own),
                leave_today=sum(leaves(bed, today) for bed in own),
            )
        )
    return heads


def rooms_in_use(rooms: list[Room], beds: list[Tile]) -> list[Room]:
    """The rooms that have beds."""
    used = {bed.room_id for bed in beds}
    return [room for room in rooms if room.id in used]


def find_places(heads: list[TileHead], rooms: list[Room], beds: list[Tile]) -> None:
    """Note on each room and ward where its own stand; the lists come in the order of wards, rooms and beds."""
    for part in (*rooms, *heads):
        part.first_bed = part.end_bed = 0
    room_of = {room.id: room for room in rooms}
    head_of = {head.id: head for head in heads}
    for place, bed in enumerate(beds):
        for part in (room_of.get(bed.room_id), head_of.get(bed.ward_id)):
            if part is None:
                continue  # added while the board was being read; the next reading has it
            part.first_bed = place if part.end_bed == 0 else part.first_bed
            part.end_bed = place + 1
    for place, room in enumerate(rooms):
        head = head_of.get(room.ward_id)
        if head is None:
            continue
        head.first_room = place if head.end_room == 0 else head.first_room
        head.end_room = place + 1


def is_free(bed: Tile) -> bool:
    """Whether somebody can come into the bed now."""
    return bed.encounter_id is None and bed.reserved_for_id is None and bed.state == "ready"


def leaves(bed: Tile, today: date) -> bool:
    """Whether the patient of the bed leaves today, or could."""
    due = bed.expected_discharge_on is not None and bed.expected_discharge_on <= today
    return bed.encounter_id is not None and (due or bool(bed.ready_to_leave))


def hospital_summary(beds: list[Tile], waiting: list[Waiting], today: date) -> HospitalSummary:
    """The top line of the bed board."""
    in_use = sum(bed.encounter_id is not None for bed in beds)
    return HospitalSummary(
        beds=len(beds),
        in_use=in_use,
        free=sum(is_free(bed) for bed in beds),
        cleaning=sum(bed.state == "cleaning" for bed in beds),
        reserved=sum(bed.reserved_for_id is not None for bed in beds),
        closed=sum(bed.state == "closed" for bed in beds),
        leave_today=sum(leaves(bed, today) for bed in beds),
        ready_to_leave=sum(bed.encounter_id is not None and bool(bed.ready_to_leave) for bed in beds),
        waiting=len(waiting),
        waiting_over=sum(each.over for each in waiting),
        in_use_percent=round(100 * in_use / len(beds)) if beds else 0,
    )


def waited(each: Waiting, now: datetime) -> Waiting:
    """The same with the length of the wait, its bar and whether it is over the mark."""
    wait = max(now - each.since, timedelta())
    minutes = int(wait.total_seconds()) // 60
    return structs.replace(
        each,
        wait_minutes=minutes,
        wait_words=f"{minutes // 60} h {minutes % 60:02} min",
        over=wait > WAIT_TARGET,
        wait_share=max(min(int(wait / WAIT_SHOWN * WAIT_PARTS), WAIT_PARTS), 2),
    )


# ---- a move and its undo -----------------------------------------------------------------------------------------


def may_undo(since: datetime, now: datetime) -> bool:
    """Whether a move can still be taken back."""
    return now - since <= UNDO_WITHIN + UNDO_GRACE
