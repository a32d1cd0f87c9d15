"""What was given of the medicines of those who lie in the beds: each dose of the last day with what was done about it, and
the doses of the next day, as the product itself makes them.

Most are given on time, a few late, not given or held back; one or two on a ward are overdue. None that may not wait is late
now, so no task begins with the seed.
"""

from datetime import datetime, timedelta
from functools import cache
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from wardline.demo.book import Book
from wardline.demo.dice import Dice
from wardline.demo.network import TIME_ZONE
from wardline.demo.remedies import Remedy
from wardline.mar import making, rules
from wardline.mar.checks import kept, title_of
from wardline.mar.models import Right
from wardline.mar.schedule import Slot, minute, slots
from wardline.orders.public import OrderKind, dose_words, line_from

ZONE = ZoneInfo(TIME_ZONE)
NOT_GIVEN_SHARE, HELD_SHARE, LATE_SHARE, FORGOTTEN_SHARE = 0.02, 0.008, 0.03, 0.012
NOT_GIVEN = ("refused", "asleep", "nil_by_mouth", "vomiting", "absent")
HELD = ("result_awaited", "drowsy", "procedure")
LATE_BECAUSE = ("With another patient who was very ill", "Patient was in radiology", "Waited for it from pharmacy")
# Minutes from its time: how a nurse's round spreads, and what is late. A dose of this morning may have been overlooked.
ROUND_MINUTES, EARLIEST, LATEST = (3.0, 9.0), -20.0, 24.0
LATE_MINUTES, LATE_MINUTES_CRITICAL = (65.0, 130.0), (33.0, 55.0)
FORGOTTEN_BACK = timedelta(hours=6)
BACK = timedelta(hours=24)


class Ordered(Struct, frozen=True, kw_only=True):
    """An order as far as its doses need it. `ended_at`: held or stopped since then."""

    hospital_id: UUID
    person_id: UUID
    encounter_id: UUID
    patient: str
    nurse_ids: tuple[UUID, ...]
    medicine_id: UUID
    version: int
    remedy: Remedy
    since: datetime
    state: str
    ended_at: datetime | None


class Fate(Struct, frozen=True):
    """What becomes of a dose, and when. `words` say why it was late."""

    action: str
    at: datetime
    reason: str = ""
    words: str = ""


class Doses:
    """Writes the doses of orders into the book."""

    def __init__(self, book: Book, now: datetime) -> None:
        self.book, self.now = book, now

    def of(self, order: Ordered) -> None:
        """The plan of an order, its doses of a day back and a day ahead, and what was done about those that were due."""
        dice = Dice(f"doses-{order.medicine_id}")
        until = order.ended_at if order.state == "stopped" and order.ended_at else self.now + making.AHEAD
        start = max(minute(order.since), self.now - BACK)
        for slot in slots(line_from(order.remedy.line), since=order.since, zone=ZONE, start=start, end=until):
            self._dose(order, dice, slot)
        self.book.add(
            "mar.plan",
            hospital_id=order.hospital_id,
            medicine_id=order.medicine_id,
            order_version=order.version,
            since=order.since,
            made_until=until,
        )

    def _dose(self, order: Ordered, dice: Dice, slot: Slot) -> None:
        critical = _critical(order.remedy.name, order.remedy.route, order.remedy.kind, slot.is_first)
        made_at = max(order.since, min(self.now, slot.due_at) - making.AHEAD)
        dose_id = dice.id(made_at)
        fate = None
        if slot.due_at < self.now + timedelta(minutes=-EARLIEST) and not _stood_still(order, slot):
            fate = self._fate(dice, order, slot, critical)
        self.book.add(
            "mar.dose",
            hospital_id=order.hospital_id,
            id=dose_id,
            medicine_id=order.medicine_id,
            person_id=order.person_id,
            encounter_id=order.encounter_id,
            due_at=slot.due_at,
            since=order.since,
            amount=slot.amount,
            amount_to=slot.amount_to,
            unit=slot.unit,
            critical=critical,
            state="due" if fate is None else fate.action,
            version=1 if fate is None else 2,
            created_at=made_at,
        )
        if fate is not None:
            self._administration(order, dice, slot, critical, dose_id, fate)

    def _fate(self, dice: Dice, order: Ordered, slot: Slot, critical: str) -> Fate | None:
        """None while nothing was done about it yet."""
        minutes = min(LATEST, max(EARLIEST, dice.near(*ROUND_MINUTES)))
        at = max(slot.due_at + timedelta(minutes=minutes), minute(order.since) + timedelta(minutes=abs(minutes) + 1))
        if critical and slot.due_at == minute(order.since):
            at = slot.due_at + timedelta(minutes=min(abs(minutes) + 1, LATEST))
        kind = dice.between(0, 1)
        late = slot.due_at + timedelta(minutes=dice.between(*(LATE_MINUTES_CRITICAL if critical else LATE_MINUTES)))
        fate = Fate("given", at)
        if kind < NOT_GIVEN_SHARE:
            fate = Fate("not_given", at, dice.one_of(NOT_GIVEN))
        elif kind < NOT_GIVEN_SHARE + HELD_SHARE:
            fate = Fate("held", at, dice.one_of(HELD))
        elif kind < NOT_GIVEN_SHARE + HELD_SHARE + LATE_SHARE and not (critical and late > self.now):
            fate = Fate("given", late, words=dice.one_of(LATE_BECAUSE))
        elif kind > 1 - FORGOTTEN_SHARE and not critical and self.now - slot.due_at < FORGOTTEN_BACK:
            return None
        return fate if fate.at <= self.now else None

    def _administration(self, order: Ordered, dice: Dice, slot: Slot, critical: str, dose_id: UUID, fate: Fate) -> None:
        given = fate.action == "given"
        nurse_id = order.nurse_ids[slot.due_at.hour % len(order.nurse_ids)]
        administration_id = dice.id(fate.at)
        timing = rules.timing_of(slot.due_at, fate.at, critical) if given else "on_time"
        self.book.add(
            "mar.administration",
            hospital_id=order.hospital_id,
            id=administration_id,
            medicine_id=order.medicine_id,
            dose_id=dose_id,
            person_id=order.person_id,
            encounter_id=order.encounter_id,
            action=fate.action,
            happened_at=fate.at,
            recorded_at=fate.at,
            recorded_by=nurse_id,
            amount=slot.amount if given else None,
            unit=slot.unit if given else "",
            reason=fate.reason,
            words=fate.words if timing == "late" else "",
            timing=timing,
            checks=kept(_rights(order, slot, fate.at, timing), fate.at) if given else None,
            created_at=fate.at,
            created_by=nurse_id,
        )
        self.book.add(
            "mar.step",
            hospital_id=order.hospital_id,
            administration_id=administration_id,
            id=dice.id(fate.at),
            at=fate.at,
            kind="recorded",
            happened_at=fate.at,
            actor_id=nurse_id,
        )


def _stood_still(order: Ordered, slot: Slot) -> bool:
    return order.ended_at is not None and slot.due_at >= order.ended_at


@cache
def _critical(name: str, route: str, kind: str, is_first: bool) -> str:
    return making.critical_of(name, route, OrderKind(kind), is_first=is_first)


def _rights(order: Ordered, slot: Slot, at: datetime, timing: str) -> list[Right]:
    """The five rights, as the bedside writes them down when band and label were scanned."""
    dose = dose_words(line_from(order.remedy.line))
    when = "Within its time" if timing == "on_time" else f"Planned for {slot.due_at.astimezone(ZONE):%H:%M}"
    found = (
        ("patient", "Wristband", order.patient),
        ("medicine", "Label", order.remedy.name),
        ("dose", "Order", dose),
        ("time", "By the clock" if timing == "on_time" else "With a reason", when),
        ("route", "Order", order.remedy.route.capitalize()),
    )
    return [
        Right(key=key, title=title_of(key), holds=True, source=source, at=at, words=words)
        for key, source, words in found
    ]
