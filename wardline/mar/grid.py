"""The grid put together: rows of medicines in groups, a cell for each column, each entry with an icon and a word. Pure."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from wardline.mar import codes, rules, schedule, when_needed
from wardline.mar.models import (
    Administration,
    DoseRow,
    GivenBefore,
    OrderRow,
)
from wardline.mar.pages import (
    AsNeeded,
    Cell,
    Column,
    DueDose,
    Entry,
    Grid,
    GridRow,
)
from wardline.orders.public import MedicineLine, OrderKind, Verification, dose_words, line_from, parts, shown_name

GROUPS = {"once": "Once only", "regular": "Regular", "needed": "When needed", "infusions": "Infusions"}
GIVEN = {
    "given": ("check", "Given"),
    "self": ("user-check", "Self"),
    "not_given": ("circle-slash", "Not given"),
    "held": ("pause", "Held"),
}
ALERT_WORDS = {"allergy": "Allergy", "interaction": "Interaction", "duplicate": "Duplicate", "dose": "Dose check",
               "renal": "Kidney", "pregnancy": "Pregnancy", "age": "Age"}  # fmt: skip


class Window(Struct, frozen=True):
    """The time that is shown: where the columns begin and, last, the end; the day of the chart; whether now is in it."""

    day: date
    begins: list[datetime]
    live: bool
    rolls: bool  # moves with the clock, and is pushed


class Chart:
    """What a day's grid is made of, and the moment it is looked at."""

    def __init__(
        self,
        *,
        patient_id: UUID,
        orders: Sequence[OrderRow],
        doses: Sequence[DoseRow],
        done: Sequence[Administration],
        window: Window,
        zone: ZoneInfo,
        now: datetime,
        decided: Sequence[Verification] = (),
        coming: dict[UUID, str] | None = None,
    ) -> None:
        self.patient_id, self.window, self.now, self.zone = patient_id, window, now, zone
        *self.begins, self.end = window.begins
        self.live = window.live
        self.coming = coming or {}
        # What is pushed is of the hours around now, and has no place in a day.
        self.of_page = "" if window.rolls else "day-"
        self.orders = {order.id: order for order in orders}
        self.lines = {order.id: line_from(order.line) for order in orders}
        self.doses = [dose for dose in doses if dose.medicine_id in self.orders]
        self.done = done
        self.decided = {each.medicine_id: each for each in decided}
        self.final = {each.dose_id: each for each in done if each.state == "final" and each.dose_id is not None}
        self.now_column = self.column(now) if self.live else -1

    def column(self, at: datetime) -> int:
        """The column that a moment belongs to; what was before the day stands in the first."""
        return max((place for place, begin in enumerate(self.begins) if begin <= at), default=0)

    def state(self, dose: DoseRow) -> str:
        """How a planned dose stands now."""
        order = self.orders[dose.medicine_id]
        if dose.state in GIVEN:
            return dose.state
        if dose.state in {"paused", "lapsed"}:
            return "order_held" if dose.state == "paused" else "missed"
        waits = rules.state_of_due(dose.due_at, self.now, dose.critical)
        if order.state == "stopped":
            return "stopped" if order.state_at is None or dose.due_at >= order.state_at else "missed"
        if order.state == "held" and (order.state_at is None or dose.due_at >= order.state_at or waits != "missed"):
            return "order_held"
        return waits

    def in_day(self, at: datetime) -> bool:
        """Whether a moment is of the chart's day."""
        return self.begins[0] <= at < self.end


def group_of(line: MedicineLine) -> str:
    """Where an order stands in the grid."""
    if rules.is_infusion(line):
        return "infusions"
    if line.kind is OrderKind.ONCE:
        return "once"
    return "needed" if line.kind is OrderKind.AS_NEEDED else "regular"


def grid_of(chart: Chart) -> Grid:
    """The whole grid; in each group what is overdue stands first, then what was ordered first."""
    states = [chart.state(dose) for dose in chart.doses if chart.in_day(dose.due_at) or chart.state(dose) == "overdue"]
    rows: list[GridRow] = []
    for group, title in GROUPS.items():
        members = [order for order in chart.orders.values() if group_of(chart.lines[order.id]) == group]
        made = [_row(chart, order, group) for order in members if _is_shown(chart, order)]
        made.sort(key=lambda row: (row.is_stopped, not _has(row, "overdue"), not _has(row, "due")))
        if made:
            rows += [_head(chart, group, title, made), *made]
    return Grid(
        patient_id=chart.patient_id,
        day=chart.window.day,
        live=chart.window.rolls,
        begins=chart.begins[0],
        ends=chart.end,
        columns=_columns(chart),
        rows=rows,
        overdue=states.count("overdue"),
        due=states.count("due"),
        before=_day_before(chart),
        after=chart.window.day + timedelta(days=1) if chart.end <= chart.now else None,
    )


def _columns(chart: Chart) -> list[Column]:
    days = [at.astimezone(chart.zone).date() for at in chart.begins]
    return [
        Column(at, place == chart.now_column, begins_day=place == 0 or days[place] != days[place - 1])
        for place, at in enumerate(chart.begins)
    ]


def _day_before(chart: Chart) -> date:
    """The day to go back to: of what rolls, the one that its first column belongs to."""
    if chart.window.rolls:
        return schedule.day_of_chart(chart.begins[0], chart.zone)
    return chart.window.day - timedelta(days=1)


def _is_shown(chart: Chart, order: OrderRow) -> bool:
    """An order that was only once, and is done since another day, has left the grid."""
    if chart.lines[order.id].kind is not OrderKind.ONCE or order.state != "active":
        return True
    mine = [dose for dose in chart.doses if dose.medicine_id == order.id]
    return (
        not mine
        or any(chart.in_day(dose.due_at) or dose.state in {"due", "held"} for dose in mine)
        or any(
            each.medicine_id == order.id and (chart.in_day(each.happened_at) or each.infusion == "running")
            for each in chart.done
        )
    )


def _has(row: GridRow, kind: str) -> bool:
    return any(entry.kind == kind for cell in row.cells for entry in cell.entries)


def _head(chart: Chart, group: str, title: str, rows: Sequence[GridRow]) -> GridRow:
    kinds = [entry.kind.removeprefix("order_") for row in rows for cell in row.cells for entry in cell.entries]
    counted = [
        f"{kinds.count(kind)} {words}"
        for kind, words in (("overdue", "overdue"), ("due", "due"), ("held", "held"), ("running", "running"))
        if kinds.count(kind)
    ]
    return GridRow(
        id=f"{chart.of_page}head-{group}",
        group=group,
        is_head=True,
        title=title,
        counts=", ".join(counted),
        columns=len(chart.begins),
        now_column=chart.now_column,
    )


def _row(chart: Chart, order: OrderRow, group: str) -> GridRow:
    line = chart.lines[order.id]
    entries: list[list[Entry]] = [[] for _ in chart.begins]
    for dose in chart.doses:
        if dose.medicine_id == order.id:
            _place_dose(chart, dose, line, entries)
    for each in chart.done:
        if _is_unplanned(each, order) and chart.in_day(each.happened_at):
            entries[chart.column(each.happened_at)].append(done_entry(each))
    if group == "needed" and chart.live and order.state == "active":
        entries[chart.now_column].append(_needed_entry(chart, order, line))
    cells = [Cell(entries=each, now=place == chart.now_column) for place, each in enumerate(entries)]
    if order.state == "stopped":
        cells = _hatched(chart, order, cells)
    if group == "infusions":
        cells = _with_infusion(chart, order, cells)
    return GridRow(
        id=f"{chart.of_page}{order.id}",
        group=group,
        medicine_id=order.id,
        name=order.name,
        tall_man=shown_name(order.name),
        dose=_dose_today(chart, order, line),
        parts=parts(line),
        marks=_marks(order) + _pharmacist_mark(chart, order) + _next_mark(chart, order),
        is_stopped=order.state == "stopped",
        cells=cells,
    )


def _is_unplanned(each: Administration, order: OrderRow) -> bool:
    """Whether it was given of this order without a planned dose, and is no infusion."""
    return each.medicine_id == order.id and each.dose_id is None and each.state == "final" and each.infusion is None


def _dose_today(chart: Chart, order: OrderRow, line: MedicineLine) -> str:
    """The dose in words; of a tapering order that of the day."""
    mine = [dose for dose in chart.doses if dose.medicine_id == order.id and dose.amount is not None]
    if not line.steps or not mine:
        return dose_words(line)
    day = [dose for dose in mine if chart.in_day(dose.due_at)] or mine
    return f"{day[0].amount:,g} {day[0].unit}"


def _next_mark(chart: Chart, order: OrderRow) -> list[list[str]]:
    """When the first dose after what is shown comes; of one that is days apart, after which dose it is counted."""
    if order.id in chart.coming:
        return [["clock", chart.coming[order.id], "inf2"]]
    mine = [dose for dose in chart.doses if dose.medicine_id == order.id and chart.state(dose) == "next"]
    if not chart.live or not mine or any(chart.in_day(dose.due_at) for dose in mine):
        return []
    return [["clock", f"Next {mine[0].due_at.astimezone(chart.zone):%H:%M}", "inf2"]]


def _marks(order: OrderRow) -> list[list[str]]:
    """What stands under the drug: a decision of the signature, and why it is held or stopped. Icon, words, loudness."""
    marks: list[list[str]] = []
    if order.decision_kind is not None and order.decision is not None:
        what = ALERT_WORDS.get(order.decision_kind, "Check")
        marks.append(["triangle-alert", f"{what}: {order.decision}, accepted by {order.decision_by}", ""])
    if order.state == "held" and order.state_at is not None:
        marks.append(["info", f"Held by {order.state_by}: {order.state_reason}", "inf2"])
    return marks


def _pharmacist_mark(chart: Chart, order: OrderRow) -> list[list[str]]:
    """What stands between the order as it is and a pharmacist's word that it is right; nothing of one that has ended."""
    if order.state not in {"active", "held"}:
        return []
    decided = chart.decided.get(order.id)
    if decided is None:
        return [["shield", "Not yet verified by the pharmacist", "inf2"]]
    if decided.state == "verified":
        return []
    if decided.state == "refused":
        return [["octagon-alert", f"Refused by the pharmacist: {decided.words}", ""]]
    return [["shield-alert", f"Not yet verified, the pharmacist asks: {decided.words}", "inf2"]]


# --- entries -------------------------------------------------------------------------------------------------------------
def _place_dose(chart: Chart, dose: DoseRow, line: MedicineLine, entries: list[list[Entry]]) -> None:
    state = chart.state(dose)
    done = chart.final.get(dose.id)
    if done is not None and done.infusion is not None:
        return  # shown as what runs
    if not chart.in_day(dose.due_at) and not (
        chart.live and state in {"overdue", "due", "held"} and dose.due_at < chart.begins[0]
    ):
        return
    if state == "stopped":
        return  # the row is hatched from there on
    entries[chart.column(dose.due_at)].append(_of_dose(chart, dose, state, done))


def _of_dose(chart: Chart, dose: DoseRow, state: str, done: Administration | None) -> Entry:
    """What stands of a planned dose; one that was held back waits, and opens to be given or not."""
    if done is None:
        return dose_entry(chart, dose, state)
    entry = done_entry(done)
    if done.action == "held" and chart.orders[dose.medicine_id].state == "active":
        entry.href, entry.version, entry.act = f"/doses/{dose.id}", dose.version, "give"
    return entry


def dose_entry(chart: Chart, dose: DoseRow, state: str) -> Entry:
    """A planned dose that nobody has recorded."""
    icon, word = {
        "next": ("clock", "Next"),
        "due": ("clock", "Due now"),
        "overdue": ("triangle-alert", "Overdue"),
        "missed": ("circle-question-mark", "Not recorded"),
        "order_held": ("pause", "Held"),
    }[state]
    late = rules.length(int((chart.now - dose.due_at) / timedelta(minutes=1)))
    order = chart.orders[dose.medicine_id]
    return Entry(
        id=str(dose.id),
        href=f"/doses/{dose.id}",
        kind=state,
        icon=icon,
        word=word,
        at=None if state in {"overdue", "order_held"} else dose.due_at,
        words=late if state == "overdue" else (order.state_by or "") if state == "order_held" else "",
        version=dose.version,
        act="" if state == "order_held" else "give",
    )


def done_entry(done: Administration) -> Entry:
    """What was recorded: the time it happened with the initials of who did it, or why it was not given."""
    icon, word = GIVEN[done.action]
    kind = done.action
    if done.action in {"given", "self"} and done.timing == "late":
        icon, word, kind = "clock-check", "Given late", "late"
    elif done.action == "given" and done.timing == "early":
        word = "Given early"
    initials = done.recorded_by_initials + (f", {done.witness_initials}" if done.witness_initials else "")
    not_given = done.action in {"not_given", "held"}
    reasons = codes.HELD if done.action == "held" else codes.NOT_GIVEN
    return Entry(
        id=str(done.id),
        href=f"/administrations/{done.id}",
        kind=kind,
        icon=icon,
        word=word,
        at=None if not_given else done.happened_at,
        words=reasons.get(done.reason, done.words).split(",")[0] if not_given else initials,
    )


def _before_of(chart: Chart) -> list[GivenBefore]:
    kinds = {order.id: order.kind for order in chart.orders.values()}
    given = [each for each in chart.done if each.state == "final" and each.action in {"given", "self"}]
    return [
        GivenBefore(of.medicine_id, of.happened_at, of.amount, of.unit, of.name, kinds.get(of.medicine_id, ""))
        for of in given
    ]


def _needed_now(chart: Chart, order: OrderRow, line: MedicineLine) -> when_needed.AsNeededNow:
    return when_needed.as_needed(line, order.id, when_needed.of_drug(order.name, _before_of(chart)), chart.now, None)


def _needed_entry(chart: Chart, order: OrderRow, line: MedicineLine) -> Entry:
    now = _needed_now(chart, order, line)
    return Entry(
        id=f"give-{order.id}",
        href=f"/medicines/{order.id}/giving",
        kind="can_give" if now.may else "wait",
        icon="circle-plus" if now.may else "clock",
        word="Can give" if now.may else "Not yet",
        at=None if now.may else now.from_at,
        words="now" if now.may else "" if now.from_at else "maximum",
        act="give",
    )


def _hatched(chart: Chart, order: OrderRow, cells: list[Cell]) -> list[Cell]:
    """From the stop on the row is hatched, with who stopped it and why."""
    if order.state_at is None or order.state_at >= chart.end:
        return cells
    first = chart.column(order.state_at)
    stopped = Entry(
        id=f"stop-{order.id}",
        href=f"/medicines/{order.id}",
        kind="stopped",
        icon="octagon-x",
        word="Stopped",
        at=order.state_at,
    )
    cells[first].entries.append(stopped)
    for cell in cells[first:]:
        cell.hatched = True
    words = f"{order.state_by or 'Not known'}: {order.state_reason}".rstrip(": ")
    free = [cell for cell in cells[first + 1 :] if not cell.entries]
    if free:
        free[0].words = words
    else:
        stopped.words = words
    return cells


def _with_infusion(chart: Chart, order: OrderRow, cells: list[Cell]) -> list[Cell]:
    """What runs, or ran today: it begins in its column and reaches to the now line, with how much has run in."""
    mine = [each for each in chart.done if each.medicine_id == order.id and each.state == "final" and each.infusion]
    for each in sorted(mine, key=lambda one: one.happened_at):
        if each.infusion == "stopped" and not chart.in_day(each.ended_at or each.happened_at):
            continue
        cell = cells[chart.column(each.happened_at)]
        cell.entries.append(_infusion_entry(each))
    running = next((each for each in mine if each.infusion == "running" and each.volume_ml), None)
    return cells if running is None or not chart.live else _with_bar(chart, running, cells)


def _with_bar(chart: Chart, running: Administration, cells: list[Cell]) -> list[Cell]:
    """One cell from its beginning to the now line with a bar; behind the line how much has run in, and when it ends."""
    assert running.volume_ml
    first, last = chart.column(running.happened_at), chart.now_column
    if any(cell.entries for cell in cells[first + 1 :]):
        return cells
    had = run_in(running, chart.now)
    begun = cells[first]
    begun.bar, begun.now, begun.span = min(100, round(100 * (had or 0) / running.volume_ml)), True, last - first + 1
    rest = len(cells) - last - 1
    if not rest:
        begun.bar_words = _bar_words(running, had)
        return [*cells[:first], begun]
    after = Cell(entries=[], span=rest, bar_words=_bar_words(running, had), ends_at=ends_at(running, chart.now))
    return [*cells[:first], begun, after]


def run_in(each: Administration, now: datetime) -> float | None:
    """What has run in by now."""
    since = each.rate_since or each.happened_at
    if each.infusion != "running":
        return each.volume_given_ml
    return rules.run_in_ml(each.rate, each.rate_unit, volume_given=each.volume_given_ml, since=since, now=now)


def _bar_words(each: Administration, had: float | None) -> str:
    assert each.volume_ml is not None
    return f"{min(had or 0, each.volume_ml):,.0f} of {each.volume_ml:,g} mL"


def ends_at(each: Administration, now: datetime) -> datetime | None:
    """When what runs has run in, at its rate."""
    had = run_in(each, now)
    if each.infusion != "running" or not each.volume_ml or not each.rate or each.rate_unit != "ml/h" or had is None:
        return None
    return now + timedelta(hours=max(each.volume_ml - had, 0) / each.rate)


def _infusion_entry(each: Administration) -> Entry:
    icon, word = {"running": ("droplets", "Running"), "paused": ("pause", "Paused"), "stopped": ("check", "Ended")}[
        each.infusion or "stopped"
    ]
    rate = f"{each.rate:g} {each.rate_unit.replace('ml', 'mL')}" if each.rate is not None else ""
    return Entry(
        id=str(each.id),
        href=f"/administrations/{each.id}",
        kind=each.infusion or "stopped",
        icon=icon,
        word=word,
        at=each.ended_at if each.infusion == "stopped" else None,
        words=each.recorded_by_initials if each.infusion == "stopped" else rate,
    )


# --- for programs --------------------------------------------------------------------------------------------------------
def due_doses(chart: Chart) -> list[DueDose]:
    """The planned doses of the day with how each stands, those from before that are overdue, and today those of the next
    24 hours."""
    return [
        DueDose(
            id=dose.id,
            medicine_id=dose.medicine_id,
            name=chart.orders[dose.medicine_id].name,
            dose=f"{dose.amount:,g} {dose.unit}"
            if chart.lines[dose.medicine_id].steps and dose.amount
            else dose_words(chart.lines[dose.medicine_id]),
            route=chart.orders[dose.medicine_id].route,
            due_at=dose.due_at,
            state=chart.state(dose),
            critical=dose.critical,
            order_state=chart.orders[dose.medicine_id].state,
            version=dose.version,
        )
        for dose in chart.doses
        if chart.in_day(dose.due_at)
        or chart.state(dose) in {"overdue", "due"}
        or (chart.live and dose.due_at >= chart.end)
    ]


def needed(chart: Chart) -> list[AsNeeded]:
    """The as-needed orders, and whether each can be given now."""
    found: list[AsNeeded] = []
    for order in chart.orders.values():
        line = chart.lines[order.id]
        if line.kind is not OrderKind.AS_NEEDED or order.state != "active":
            continue
        now = _needed_now(chart, order, line)
        found.append(
            AsNeeded(
                medicine_id=order.id,
                name=order.name,
                dose=dose_words(line),
                route=order.route,
                can_give=now.may,
                from_at=now.from_at,
                why=now.why or now.not_checked,
            )
        )
    return found
