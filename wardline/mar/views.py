"""Pages of giving put together from rows; used by the routes and by what is pushed."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct, structs

from wardline.encounters.public import ask_banner_with_stay, banner_with_stay
from wardline.identity.public import seal
from wardline.mar import (
    actions,
    codes,
    corrections,
    grid,
    intervals,
    making,
    moments,
    queries,
    rounds,
    rules,
    schedule,
    when_needed,
)
from wardline.mar.models import (
    Administration,
    AdministrationScope,
    DoseRow,
    Giving,
    GridScope,
    NewGiving,
    OrderRow,
    RoundScope,
    Scans,
)
from wardline.mar.pages import (
    AdministrationPage,
    Grid,
    GridAnswer,
    GridPage,
    GridRow,
    HeldBack,
    Round,
    RoundItem,
    RoundRow,
    Sheet,
)
from wardline.mar.rounds import times_from
from wardline.orders.public import (
    OrderKind,
    Verification,
    dose_words,
    drugs_named,
    line_from,
    parts,
    plain,
    shown_name,
    verifications_of_patient,
)
from wardline.patients.public import PatientScope
from wardline.platform import clock
from wardline.platform.alike import Alike
from wardline.platform.batch import Answer, Batch
from wardline.platform.db import Db
from wardline.platform.errors import NotFound
from wardline.platform.http import Context

BACK = timedelta(hours=24)
AHEAD = timedelta(hours=24)  # what comes on the next day is named beside its drug
FIRST_DAY = date(2000, 1, 1)
HOURS_OFFERED = (1, 2, 4, 8, 12)
STATE_WORDS = {
    "next": "Not due yet",
    "due": "Due now",
    "overdue": "Overdue",
    "missed": "Not recorded",
    "order_held": "Held",
}
SCANNED = frozenset({"Wristband", "Label", "Product", "Scan"})
_grid_rows: Alike[GridRow] = Alike(5_000, name=lambda row: row.id)  # about 5 KB each


# --- the grid ------------------------------------------------------------------------------------------------------------
class Asked(Struct):
    """The rows of the grid, asked for in one statement."""

    orders: Answer[list[OrderRow]]
    doses: Answer[list[DoseRow]]
    done: Answer[list[Administration]]
    decided: Answer[list[Verification]]

    def chart(self, patient: PatientScope, window: grid.Window, zone: ZoneInfo, now: datetime) -> grid.Chart:
        """The chart, once they are read."""
        return grid.Chart(
            patient_id=patient.person_id,
            orders=self.orders.value,
            doses=self.doses.value,
            done=self.done.value,
            window=window,
            zone=zone,
            now=now,
            decided=self.decided.value,
        )


class AskedTimes(Struct):
    """The times of the rounds, and the orders whose doses are not made yet."""

    times: Answer[str | None]
    wanting: Answer[list[making.Unplanned]] | None


def ask_times(batch: Batch, patient: PatientScope, now: datetime, *, made: bool = False) -> AskedTimes:
    """Ask for what must be known before the grid is read. `made`: all doses are made already."""
    return AskedTimes(
        times=batch.ask(rounds.newest, hospital_id=patient.hospital_id),
        wanting=None if made else batch.ask(making.unplanned_of_patient, patient, horizon=now + making.AGAIN_WITHIN),
    )


async def window_of(
    db: Db, patient: PatientScope, asked: AskedTimes, *, zone: ZoneInfo, now: datetime, day: date | None
) -> grid.Window:
    """A day of the chart, or without one the hours around now; doses that are not made yet are made first, where now is in
    it."""
    window = _window(schedule.chart_clocks(times_from(asked.times.value)), zone, now, day)
    if window.live and asked.wanting is not None:
        await making.make_at_reading(db, asked.wanting.value, hospital_id=patient.hospital_id, now=now)
    return window


def ask_grid(batch: Batch, patient: PatientScope, window: grid.Window, now: datetime) -> Asked:
    """Ask for all that the grid shows of these hours, and of a day before and after."""
    begins, ends = window.begins[0], window.begins[-1]
    since = begins - BACK
    return Asked(
        orders=batch.ask(queries.orders_of, patient, since=begins, until=ends),
        doses=batch.ask(queries.doses_of, patient, since=since, until=max(ends, now + AHEAD)),
        done=batch.ask(queries.administrations_of, patient, since=since, until=ends),
        decided=batch.ask(verifications_of_patient, patient),
    )


async def chart_of(
    db: Db, patient: PatientScope, times: AskedTimes, *, zone: ZoneInfo, now: datetime, day: date | None
) -> grid.Chart:
    """The chart of a day, or without one of the hours around now. 1 query, 2 where doses are days apart."""
    window = await window_of(db, patient, times, zone=zone, now=now, day=day)
    batch = Batch(db)
    asked = ask_grid(batch, patient, window, now)
    await batch.read()
    chart = asked.chart(patient, window, zone, now)
    chart.coming = await _coming(db, patient, asked.orders.value, zone, now)
    return chart


def _window(clocks: list[time], zone: ZoneInfo, now: datetime, day: date | None) -> grid.Window:
    today = schedule.day_of_chart(now, zone)
    if day is None:
        return grid.Window(today, schedule.chart_around(now, zone, clocks), live=True, rolls=True)
    wanted = max(min(day, today), FIRST_DAY)
    return grid.Window(wanted, schedule.chart_day(wanted, zone, clocks), live=wanted == today, rolls=False)


async def _coming(
    db: Db, patient: PatientScope, orders: list[OrderRow], zone: ZoneInfo, now: datetime
) -> dict[UUID, str]:
    """Of orders whose doses are days apart: when the medicine was last given, and until when its interval lasts."""
    lines = {order.id: line_from(order.line) for order in orders if order.state == "active"}
    spaced = [order for order in orders if order.id in lines and intervals.is_long(lines[order.id])]
    if not spaced:
        return {}
    since = now - max(rules.interval_of(lines[order.id]) for order in spaced)
    doses = await intervals.regular_doses(db, hospital_id=patient.hospital_id, people=[patient.person_id], since=since)
    return {
        order.id: words
        for order in spaced
        if (words := intervals.coming(order, lines[order.id], doses, patient.person_id, now, zone))
    }


async def grid_page(ctx: Context, patient: PatientScope, times: AskedTimes, day: date | None) -> GridPage:
    """The page of a day, or of the hours around now. 1 query, 2 where doses are days apart."""
    zone, now = ZoneInfo(ctx.caller.time_zone), ctx.now
    async with ctx.db.one_connection() as one:
        window = await window_of(one, patient, times, zone=zone, now=now, day=day)
        batch = Batch(one)
        asked = ask_grid(batch, patient, window, now)
        asked_missed = batch.ask(queries.missed_of, patient, since=now - making.BACK_MAX, until=now - rules.OVERDUE_MAX)
        asked_banner = ask_banner_with_stay(batch, patient)
        await batch.read()
        chart = asked.chart(patient, window, zone, now)
        chart.coming = await _coming(one, patient, asked.orders.value, zone, now)
    found, missed, banner = grid.grid_of(chart), asked_missed.value, asked_banner.banner()
    rows = _grid_rows.rows((patient.hospital_id, patient.person_id), found.rows)
    if missed.first_at is not None:
        found.missed, found.missed_day = missed.count, schedule.day_of_chart(missed.first_at, chart.zone)
    groups = [(group, [row for row in rows if row.group == group]) for group in grid.GROUPS]
    return GridPage(banner=banner, grid=found, groups=groups)


async def grid_answer(ctx: Context, patient: PatientScope, times: AskedTimes, day: date | None) -> GridAnswer:
    """The same for programs."""
    async with ctx.db.one_connection() as one:
        chart = await chart_of(one, patient, times, zone=ZoneInfo(ctx.caller.time_zone), now=ctx.now, day=day)
    return GridAnswer(
        patient_id=patient.person_id,
        day=chart.window.day,
        doses=grid.due_doses(chart),
        as_needed=grid.needed(chart),
        administrations=list(chart.done),
    )


async def live_grid(db: Db, scope: GridScope) -> Grid:
    """The hours around now, as the page shows them."""
    now = clock.now()
    async with db.one_connection() as one:
        first = Batch(one)
        times = ask_times(first, scope.patient, now)
        await first.read()
        chart = await chart_of(one, scope.patient, times, zone=ZoneInfo(scope.zone), now=now, day=None)
    return grid.grid_of(chart)


# --- the sheet -----------------------------------------------------------------------------------------------------------
async def sheet(ctx: Context, giving: Giving, scans: Scans) -> Sheet:
    """What is seen before a dose is given: the medicine, the five rights so far, what was decided about an allergy."""
    line = rules.line_of(giving)
    new = NewGiving(patient_scan=scans.patient_scan, drug_scan=scans.drug_scan, amount=scans.amount)
    zone = ZoneInfo(ctx.caller.time_zone)
    doses = await intervals.before_dose(ctx.db, giving, hospital_id=ctx.caller.tenant_id, now=ctx.now)
    near = intervals.near(giving, line, doses, ctx.now, zone)
    rights = actions.rights_of(giving, line, new, ctx.now, near=near)
    for right in rights:  # what nothing was looked at for has no time
        right.at = ctx.now if right.source in SCANNED else None
    decision = await queries.allergy_decision(ctx.db, hospital_id=ctx.caller.tenant_id, medicine_id=giving.medicine_id)
    about, words, by = (decision or "||").split("|", 2)
    of, infusion = rules.ordered(giving, line), rules.is_infusion(line)
    why = codes.witness_reason(giving.name, drugs_named(giving.name), giving.route)
    volume = rules.volume_ml(line) if infusion else None
    return Sheet(
        path=f"/doses/{giving.dose_id}" if giving.dose_id else f"/medicines/{giving.medicine_id}",
        medicine_id=giving.medicine_id,
        dose_id=giving.dose_id,
        patient_id=giving.person_id,
        family=giving.family,
        given=giving.given,
        name=giving.name,
        tall_man=shown_name(giving.name),
        dose=rules.words_of(giving, line),
        parts=parts(line),
        due_at=giving.due_at,
        state=_state(giving, ctx.now),
        state_words=_state_words(giving, ctx.now),
        critical=giving.critical or "",
        rights=rights,
        checked=sum(right.holds is True for right in rights),
        missing=", ".join(right.title.lower() for right in rights if right.holds is None),
        stop=[right.words for right in rights if right.holds is False],
        decision=about,
        decision_words=f"Accepted by {by}" + (f": “{words}”" if words else "") if decision else "",
        witness=why,
        sources=[codes.CRITICAL_SOURCE] * bool(giving.critical) + [codes.WITNESS_SOURCE] * bool(why),
        amount=f"{of.low:g}" if of.low is not None and of.low == of.high and not line.rate else "",
        unit=of.unit,
        timing=rules.timing_of(giving.due_at, ctx.now, giving.critical),
        near=near,
        is_as_needed=rules.kind_of(giving) is OrderKind.AS_NEEDED,
        as_needed_words=await _as_needed_words(ctx, giving),
        is_infusion=infusion,
        rate=f"{of.low:g}" if line.rate and of.low is not None else "",
        rate_unit=rules.rate_of(line)[1] if infusion else "",
        volume_ml="" if volume is None else f"{volume:g}",
        asks_line=giving.route in codes.LINE_CHECKED,
        injected=giving.route in codes.INJECTED,
        by=ctx.caller.display_name,
        now=ctx.now,
        version=giving.version if giving.dose_id else giving.order_version,
        line_version=giving.line_version,
        number=giving.network_number,
        mrn=giving.mrn,
        not_given=_pairs(codes.NOT_GIVEN),
        held=_pairs(codes.HELD),
        no_scan=_pairs(codes.NO_SCAN),
        sites=list(codes.SITES),
        before_stop=_is_before_stop(giving),
        day=moments.day_asked(giving, ctx.now, zone),
        clock=None if _is_before_stop(giving) or moments.day_asked(giving, ctx.now, zone) else ctx.now,
        held_lines=await _held_lines(ctx, giving.dose_id) if giving.done_action == "held" else [],
        asks_bound=bool(when_needed.bounds_of(giving)) and rules.kind_of(giving) is not OrderKind.AS_NEEDED,
    )


def _is_before_stop(giving: Giving) -> bool:
    """Whether a dose was due before its order was stopped, held or changed, so that what was done can still be said."""
    if giving.dose_state == "lapsed":
        return True
    if giving.order_state not in {"stopped", "held"} or giving.due_at is None or giving.state_at is None:
        return False
    return (
        giving.due_at < giving.state_at and giving.dose_state in {"due", "held"} and giving.dose_since == giving.since
    )


async def _held_lines(ctx: Context, dose_id: UUID | None) -> list[HeldBack]:
    """Each time that a dose was held back, with the reason in words."""
    if dose_id is None:
        return []
    found = await queries.held_back(ctx.db, hospital_id=ctx.caller.tenant_id, dose_id=dose_id)
    return [structs.replace(each, reason=codes.HELD.get(each.reason, each.reason)) for each in found]


def _pairs(words: dict[str, str]) -> list[list[str]]:
    return [[code, text] for code, text in words.items()]


def _state(giving: Giving, now: datetime) -> str:
    if giving.done_id is not None and giving.done_action != "held":
        return giving.done_action or "given"
    if _is_before_stop(giving):
        return "before_stop"
    if giving.order_state != "active" or not giving.has_stay:
        return "ended"
    if giving.dose_state == "paused":
        return "order_held"
    if giving.done_id is not None:
        return "held"
    return "needed" if giving.due_at is None else rules.state_of_due(giving.due_at, now, giving.critical)


def _state_words(giving: Giving, now: datetime) -> str:
    state = _state(giving, now)
    if giving.dose_state == "lapsed" and state == "before_stop":
        return "Not recorded before the order was changed"
    if state in {"ended", "before_stop"}:
        return f"{giving.order_state.replace('_', ' ').capitalize()}: {giving.order_reason}".rstrip(": ")
    if giving.done_id is not None:
        return f"{giving.done_by} {actions.DONE_WORDS.get(state, 'recorded it')}"
    return STATE_WORDS.get(state, "When needed")


async def _as_needed_words(ctx: Context, giving: Giving) -> str:
    """What was given of an as-needed medicine, and from when it can be given again."""
    line = rules.line_of(giving)
    if rules.kind_of(giving) is not OrderKind.AS_NEEDED:
        return ""
    before = await queries.given_since(
        ctx.db,
        hospital_id=ctx.caller.tenant_id,
        person_id=giving.person_id,
        since=ctx.now - max(line.every_hours or 0, 24) * rules.HOUR,
    )
    before = when_needed.of_drug(giving.name, before)
    now = when_needed.as_needed(line, giving.medicine_id, before, ctx.now, None)
    zone = ZoneInfo(ctx.caller.time_zone)
    last = f"Last given {before[0].happened_at.astimezone(zone):%H:%M}. " if before else "None in the last 24 hours. "
    if now.may:
        return last + (f"{now.not_checked}." if now.not_checked else "It can be given now.")
    when = f" From {now.from_at.astimezone(zone):%H:%M}." if now.from_at else ""
    return f"{last}{now.why}.{when}"


async def opened(ctx: Context, giving: Giving | None) -> Giving:
    """A dose or an order to look at; NotFound for none. Records that it was opened."""
    if giving is None:
        raise NotFound("There is no such dose here.")
    ctx.saw("dose", giving.dose_id or giving.medicine_id, giving.person_id)
    return giving


def patient_of(giving: Giving, ctx: Context) -> PatientScope:
    """The patient of a dose that the caller may open."""
    return PatientScope(hospital_id=ctx.caller.tenant_id, person_id=giving.person_id, seal=seal())


# --- what was recorded ---------------------------------------------------------------------------------------------------
async def administration_page(ctx: Context, scope: AdministrationScope) -> AdministrationPage:
    """What was recorded, its history, and how much of an infusion has run in."""
    item = await corrections.found(ctx, scope)
    history = await queries.history(ctx.db, hospital_id=scope.hospital_id, administration_id=scope.id)
    giving = await queries.giving(ctx.db, hospital_id=scope.hospital_id, dose_id=None, medicine_id=item.medicine_id)
    if giving is None:
        raise NotFound
    line = line_from(giving.line)
    had = grid.run_in(item, ctx.now) if item.infusion else None
    return AdministrationPage(
        item=item,
        tall_man=shown_name(item.name),
        reason_words=(codes.HELD if item.action == "held" else codes.NOT_GIVEN).get(item.reason, item.reason),
        no_scan_words=codes.NO_SCAN.get(item.no_scan, item.no_scan),
        effect_words=codes.EFFECTS.get(item.effect, ""),
        dose=dose_words(line),
        parts=parts(line),
        history=history,
        witness=codes.witness_reason(item.name, drugs_named(item.name), giving.route),
        held_lines=[each for each in await _held_lines(ctx, item.dose_id) if each.id != item.id],
        effects=_pairs(codes.EFFECTS),
        sites=list(codes.SITES),
        now_ml=None if had is None else round(had),
        banner=await banner_with_stay(ctx.db, patient_of(giving, ctx)) if ctx.html else None,
    )


# --- the ward ------------------------------------------------------------------------------------------------------------
async def round_page(db: Db, ward: RoundScope, *, now: datetime, hours: int) -> Round:
    """What is overdue on a ward and due in the next hours, the oldest first."""
    async with db.one_connection() as one:
        await making.make_for_ward(one, ward, now)
        rows = await queries.round_of(
            one, ward, since=now - rules.OVERDUE_MAX, until=now + timedelta(hours=max(HOURS_OFFERED)), now=now
        )
    items = [round_item(row, now) for row in rows]
    return Round(
        ward_id=ward.id,
        ward_name=ward.name,
        overdue=sum(item.state == "overdue" for item in items),
        due=sum(item.state == "due" for item in items),
        items=items,
        hours=hours,
    )


async def live_round(db: Db, ward: RoundScope) -> Round:
    """The same for watching; the page hides what is further ahead than was asked."""
    return await round_page(db, ward, now=clock.now(), hours=max(HOURS_OFFERED))


def round_item(row: RoundRow, now: datetime) -> RoundItem:
    """A dose of the ward's list as it is shown."""
    line = line_from(row.line)
    ahead = (row.due_at - now) / timedelta(hours=1)
    state = "held" if row.dose_state == "held" else rules.state_of_due(row.due_at, now, row.critical)
    steps = f"{plain(Decimal(str(row.amount)), commas=True)} {row.unit}" if line.steps and row.amount else ""
    return RoundItem(
        id=row.id,
        medicine_id=row.medicine_id,
        patient_id=row.person_id,
        family=row.family,
        given=row.given,
        bed_label=row.bed_label or "",
        name=row.name,
        tall_man=shown_name(row.name),
        dose=steps or dose_words(line),
        route=row.route,
        due_at=row.due_at,
        state=state,
        critical=row.critical,
        within=0
        if state in {"overdue", "held"}
        else next((each for each in HOURS_OFFERED if ahead <= each), max(HOURS_OFFERED)),
        version=row.version,
    )
