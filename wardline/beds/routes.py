"""Boards, moves and the states of beds over HTTP."""

from datetime import datetime

from msgspec import structs

from wardline.beds import actions, boards, medicines, moves, queries
from wardline.beds.actions import access_bed
from wardline.beds.boards import access_bed_board, access_board
from wardline.beds.models import (
    FILTER_WORDS,
    BedScope,
    BoardQuery,
    BoardScope,
    HospitalBeds,
    HospitalBoardScope,
    HospitalQuery,
    WardBoard,
    WardOnList,
)
from wardline.beds.move_models import (
    Assignment,
    BedHistory,
    BedStanding,
    Closure,
    HistoryQuery,
    MovePlan,
    MoveQuery,
    NewReservation,
    Occupancy,
    Release,
)
from wardline.encounters.public import EncounterScope, access_encounter
from wardline.identity.public import HospitalScope, May, access_hospital
from wardline.platform.errors import BadRequest
from wardline.platform.http import Context, Listing, Redirect, delete, get, post, put

HISTORY_ROWS = 100


@get(
    "/wards",
    needs=May.READ_WARD,
    access=access_hospital,
    page="beds/wards.html",
    title="Wards",
    section="wards",
    topic="beds:{hospital_id}",
)
async def wards(ctx: Context, hospital: HospitalScope) -> Listing[WardOnList]:
    """Every ward of the hospital with what is going on there."""
    return Listing(await queries.wards_with_counts(ctx.db, hospital, zone=ctx.caller.time_zone))


@get(
    "/wards/{ward_id}",
    needs=May.READ_WARD,
    access=access_board,
    page="beds/ward.html",
    title="{page.ward.name}",
    section="wards",
    topic="ward:{ward_id}",
    cached=True,
    clocked=True,
)
async def ward_board(ctx: Context, ward: BoardScope, asked: BoardQuery) -> WardBoard:
    """A ward's board: beds, patients, scores, what is due and what waits. `show` filters by a number of its top line."""
    board = await boards.ward_board(ctx.db, ward, ctx.now)
    if not ctx.html and not ctx.may(May.READ_CHART):
        board = medicines.without(board)  # the page and what is pushed leave it out by their templates
    if asked.show is None:
        return board
    beds = board.beds if ctx.html else [bed for bed in board.beds if asked.show in bed.marks]
    return structs.replace(board, show=asked.show, show_words=FILTER_WORDS[asked.show], beds=beds)


@get(
    "/beds",
    needs=May.READ_WARD,
    access=access_bed_board,
    page="beds/beds.html",
    title="Bed board",
    section="beds",
    topic="beds:{hospital_id}",
    cached=True,
    clocked=True,
)
async def bed_board(ctx: Context, hospital: HospitalBoardScope, asked: HospitalQuery) -> HospitalBeds | Redirect:
    """Every bed of the hospital, and who waits for one."""
    if asked.view == "tv":
        return Redirect("/beds/wall")
    return await boards.hospital_beds(ctx.db, hospital, ctx.now)


@get(
    "/beds/wall",
    needs=May.READ_WARD,
    access=access_bed_board,
    page="beds/wall.html",
    title="Bed board",
    section="beds",
)
async def bed_wall(ctx: Context, hospital: HospitalBoardScope) -> HospitalBeds:
    """The bed board for a wall: no names anywhere in the answer; it reads itself anew."""
    board = await boards.hospital_beds(ctx.db, hospital, ctx.now)
    nameless = [structs.replace(bed, family=None, given=None) for bed in board.beds]
    return structs.replace(board, beds=nameless, waiting=[])


@get(
    "/beds/{bed_id}",
    needs=May.READ_WARD,
    access=access_bed,
    page="beds/bed.html",
    title="Bed {page.label}",
    section="beds",
)
async def bed(ctx: Context, bed: BedScope) -> BedStanding:
    """One bed: its state, who lies in it, who it is kept for."""
    ctx.saw("bed", bed.id)
    return await moves.standing(ctx.db, bed)


@get(
    "/beds/{bed_id}/history",
    needs=May.READ_WARD,
    access=access_bed,
    page="beds/history.html",
    title="Bed {page.bed.label}, history",
    section="beds",
)
async def bed_history(ctx: Context, bed: BedScope, asked: HistoryQuery) -> BedHistory:
    """What happened to a bed, newest first: who lay in it, cleaning, closing, reservations."""
    ctx.saw("bed", bed.id, detail={"history": True})
    before = ctx.now if asked.cursor is None else _time(asked.cursor)
    rows = await moves.history(ctx.db, bed, before=before, limit=HISTORY_ROWS + 1)
    following = rows[HISTORY_ROWS - 1].at.isoformat() if len(rows) > HISTORY_ROWS else None
    return BedHistory(await moves.standing(ctx.db, bed), rows[:HISTORY_ROWS], following)


def _time(cursor: str) -> datetime:
    try:
        moment = datetime.fromisoformat(cursor.replace(" ", "+"))
    except ValueError:
        raise BadRequest("This cursor is not one of ours.") from None
    if moment.tzinfo is None:
        raise BadRequest("This cursor is not one of ours.")
    return moment


@get(
    "/encounters/{encounter_id}/move",
    needs=May.MOVE_PATIENT,
    access=access_encounter,
    page="beds/move.html",
    title="Find a bed",
    section="beds",
)
async def move_plan(ctx: Context, scope: EncounterScope, asked: MoveQuery) -> MovePlan:
    """Where a patient could lie: beds that fit, best first, with the reasons for and against, and why not the others."""
    return await boards.move_plan(ctx, scope, asked.bed)


@put(
    "/beds/{bed_id}/occupancy",
    needs=May.MOVE_PATIENT,
    access=access_bed,
    page="beds/moved.html",
    then="/wards/{page.ward_id}",
)
async def assign(ctx: Context, bed: BedScope, given: Assignment) -> Occupancy:
    """Give the bed to a patient, or move them to it. Whoever comes second gets 409 with who was first."""
    return await actions.assign(ctx, bed, given)


@delete(
    "/beds/{bed_id}/occupancy",
    needs=May.MOVE_PATIENT,
    access=access_bed,
    page="beds/bed.html",
    then="/beds",
)
async def release(ctx: Context, bed: BedScope, given: Release) -> BedStanding:
    """Free the bed without another for its patient, who waits for one again. The bed is cleaned."""
    return await actions.release(ctx, bed, given)


@post("/beds/{bed_id}/occupancy/undo", needs=May.MOVE_PATIENT, access=access_bed, page="beds/undone.html", then="/beds")
async def undo(ctx: Context, bed: BedScope) -> Occupancy | None:
    """Take the move into this bed back, within half a minute, by whoever made it."""
    return await actions.undo(ctx, bed)


@put("/beds/{bed_id}/reservation", needs=May.MOVE_PATIENT, access=access_bed, page="beds/bed.html", then="/beds")
async def reserve(ctx: Context, bed: BedScope, given: NewReservation) -> BedStanding:
    """Keep a free bed for a patient."""
    return await actions.reserve(ctx, bed, given)


@delete("/beds/{bed_id}/reservation", needs=May.MOVE_PATIENT, access=access_bed, page="beds/bed.html", then="/beds")
async def cancel_reservation(ctx: Context, bed: BedScope) -> BedStanding:
    """Keep the bed for nobody."""
    return await actions.cancel_reservation(ctx, bed)


@post("/beds/{bed_id}/cleaning", needs=May.CLEAN_BED, access=access_bed, page="beds/bed.html", then="/beds")
async def start_cleaning(ctx: Context, bed: BedScope) -> BedStanding:
    """Begin to clean an empty bed."""
    return await actions.start_cleaning(ctx, bed)


@delete("/beds/{bed_id}/cleaning", needs=May.CLEAN_BED, access=access_bed, page="beds/bed.html", then="/beds")
async def finish_cleaning(ctx: Context, bed: BedScope) -> BedStanding:
    """The bed is clean and ready."""
    return await actions.finish_cleaning(ctx, bed)


@put("/beds/{bed_id}/closure", needs=May.CLOSE_BED, access=access_bed, page="beds/bed.html", then="/beds")
async def close(ctx: Context, bed: BedScope, given: Closure) -> BedStanding:
    """Take an empty bed out of use, with the reason."""
    return await actions.close(ctx, bed, given)


@delete("/beds/{bed_id}/closure", needs=May.CLOSE_BED, access=access_bed, page="beds/bed.html", then="/beds")
async def reopen(ctx: Context, bed: BedScope) -> BedStanding:
    """Bring a closed bed back; it is cleaned first."""
    return await actions.reopen(ctx, bed)
