"""The boards put together: rows from the database, decisions from the rules. Used by the pages and by what is pushed."""

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from wardline.beds import keeping, keeping_hospital, moves, rules
from wardline.beds.actions import clock_words
from wardline.beds.keeping import HeldBoard
from wardline.beds.models import (
    Bed,
    BoardScope,
    HospitalBeds,
    HospitalBoardScope,
    LiveHospitalBeds,
    LiveWardBoard,
    RoomHead,
    Tile,
    TileHead,
    WardBoard,
)
from wardline.beds.move_models import FitBed, MovePlan
from wardline.encounters.public import EncounterScope, banner_with_stay, patient_of
from wardline.identity.public import seal
from wardline.platform import clock
from wardline.platform.db import Db
from wardline.platform.errors import NotFound
from wardline.platform.http import Context


def today_in(zone: str, now: datetime) -> date:
    """Today's date by the hospital's wall clock."""
    return now.astimezone(ZoneInfo(zone)).date()


async def access_board(ctx: Context, ward_id: UUID) -> BoardScope:
    """A ward of the caller's hospital, for its board; NotFound otherwise. Records that the board was opened."""
    held = await keeping.open_board(
        ctx.db,
        hospital_id=ctx.caller.tenant_id,
        ward_id=ward_id,
        now=ctx.now,
        today=today_in(ctx.caller.time_zone, ctx.now),
    )
    if held is None:
        raise NotFound("There is no such ward here.")
    ctx.saw("ward", ward_id)
    ctx.topic_version = held.version
    return BoardScope(
        hospital_id=ctx.caller.tenant_id,
        id=ward_id,
        code=held.ward.code,
        name=held.ward.name,
        specialty=held.ward.specialty,
        zone=ctx.caller.time_zone,
        seal=seal(),
    )


async def access_hospital_board(ctx: Context) -> HospitalBoardScope:
    """The beds of the caller's hospital. Records that the board was opened."""
    ctx.saw("beds", ctx.caller.tenant_id)
    return HospitalBoardScope(hospital_id=ctx.caller.tenant_id, zone=ctx.caller.time_zone, seal=seal())


async def access_hospital_topic(ctx: Context, hospital_id: UUID) -> HospitalBoardScope:
    """The same for watching; only the hospital of the session."""
    if hospital_id != ctx.caller.tenant_id:
        raise NotFound
    return await access_hospital_board(ctx)


async def ward_board(db: Db, ward: BoardScope, now: datetime) -> WardBoard:
    """The ward's board, at least as new as its access check found it."""
    held = keeping.held_board(ward.hospital_id, ward.id) or await _open(db, ward, now)
    return keeping.board_of(held, now)


async def _open(db: Db, ward: BoardScope, now: datetime) -> HeldBoard:
    held = await keeping.open_board(
        db, hospital_id=ward.hospital_id, ward_id=ward.id, now=now, today=today_in(ward.zone, now)
    )
    if held is None:
        raise NotFound
    return held


async def live_ward_board(db: Db, ward: BoardScope, version: int) -> LiveWardBoard:
    """The ward's board, at least at this version, with the heads of the bays among its rows, in the order of the page.

    One query for the first audience of a change, none for the others.
    """
    now = clock.now()
    held = keeping.held_board(ward.hospital_id, ward.id)
    if held is None or held.version < version or keeping.is_over(held, now):
        held = await _open(db, ward, now)
    else:
        held = keeping.by_the_clock(ward.hospital_id, held, now, today_in(ward.zone, now))
    board = keeping.board_of(held, now)
    rows: list[RoomHead | Bed] = []
    for room in board.rooms:
        rows += [room, *board.beds[room.first_bed : room.end_bed]]
    return LiveWardBoard(
        ward=board.ward,
        summary=board.summary,
        needs=board.needs,
        soon=board.soon,
        rooms=board.rooms,
        beds=[],
        rows=rows,
    )


async def access_bed_board(ctx: Context) -> HospitalBoardScope:
    """The same for the board itself, which is read with it. 1 query."""
    held = await keeping_hospital.open_hospital(
        ctx.db, hospital_id=ctx.caller.tenant_id, now=ctx.now, scores=not ctx.html
    )
    ctx.topic_version = held.version
    return await access_hospital_board(ctx)


async def hospital_beds(db: Db, hospital: HospitalBoardScope, now: datetime) -> HospitalBeds:
    """The hospital's bed board, at least as new as its access check found it. Nobody may change it."""
    held = keeping_hospital.held_hospital(hospital.hospital_id) or await keeping_hospital.open_hospital(
        db, hospital_id=hospital.hospital_id, now=now
    )
    return keeping_hospital.board_of(held, now, today_in(hospital.zone, now))


async def live_hospital_beds(db: Db, hospital: HospitalBoardScope, version: int) -> LiveHospitalBeds:
    """The bed board, at least at this version, with the heads of the wards among its rows."""
    now = clock.now()
    held = keeping_hospital.held_hospital(hospital.hospital_id)
    if held is None or held.version < version or keeping_hospital.is_over(held, now):
        held = await keeping_hospital.open_hospital(db, hospital_id=hospital.hospital_id, now=now)
    board = keeping_hospital.board_of(held, now, today_in(hospital.zone, now))
    rows: list[TileHead | Tile] = [*board.wards, *board.beds]
    return LiveHospitalBeds(summary=board.summary, waiting=board.waiting, wards=[], rooms=[], beds=[], rows=rows)


async def move_plan(ctx: Context, scope: EncounterScope, pointed_at: UUID | None) -> MovePlan:
    """Where the patient could lie. The bed pointed at is chosen if it can be, else the best one. 2 queries."""
    hospital = await access_hospital_board(ctx)
    stay = await moves.stay(ctx.db, hospital_id=hospital.hospital_id, encounter_id=scope.id)
    free = await moves.free_beds(ctx.db, hospital)
    weighed = [
        (bed, rules.fit(bed, stay, at=clock_words(ctx, bed.reserved_due_at) if bed.reserved_due_at else ""))
        for bed in free
    ]
    fits, others = rules.ranked(weighed)
    plan = MovePlan(
        stay=stay,
        needs=rules.needs_words(stay),
        fits=fits,
        refused=others,
        chosen=_chosen(fits, others, pointed_at),
        free=sum(bed.state == "ready" for bed in free),
    )
    if ctx.html and ctx.headers.get("hx-request") != "true":
        plan.banner = await banner_with_stay(ctx.db, patient_of(scope))
    return plan


def _chosen(fits: list[FitBed], others: list[FitBed], pointed_at: UUID | None) -> FitBed | None:
    possible = [*fits, *(bed for bed in others if bed.refused in ("", "Being cleaned"))]
    named = [bed for bed in possible if bed.bed_id == pointed_at]
    return (named or fits or [None])[0]
