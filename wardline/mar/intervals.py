"""The time between two doses of a medicine, by whichever order they are given.

A weekly drug that is stopped and ordered anew is the same drug: its interval goes on from the last dose. What was given when
needed, or runs as an infusion, is not counted: both may be meant beside a regular dose (morphine by the clock, and when
needed), and the as-needed order's own checks see the regular one.
"""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from wardline.mar import rules, when_needed
from wardline.mar.models import Giving, OrderRow
from wardline.mar.schedule import DAY, kept
from wardline.orders.public import MedicineLine, OrderKind, hours_apart, line_from
from wardline.platform.db import Db, query

REGULAR = frozenset({OrderKind.SCHEDULED, OrderKind.TAPER})


class RegularDose(Struct, frozen=True):
    """The newest dose that an order gave; `stands`: the order does."""

    person_id: UUID
    medicine_id: UUID
    name: str
    kind: str
    line: str
    stands: bool
    route: str
    due_at: datetime | None
    critical: str | None
    happened_at: datetime


@query("""
    SELECT DISTINCT ON (a.person_id, a.medicine_id) a.person_id, a.medicine_id, m.name, m.kind, m.line::text,
           m.state IN ('active', 'held'), m.route, d.due_at, d.critical, a.happened_at
      FROM mar.administration a
      JOIN orders.medicine m ON m.hospital_id = a.hospital_id AND m.id = a.medicine_id
      LEFT JOIN mar.dose d ON d.hospital_id = a.hospital_id AND d.id = a.dose_id
     WHERE a.hospital_id = :hospital_id AND a.person_id = ANY (:people::uuid[]) AND a.state = 'final'
       AND a.action IN ('given', 'self') AND a.happened_at > :since AND m.kind IN ('scheduled', 'taper', 'once')
     ORDER BY a.person_id, a.medicine_id, a.happened_at DESC LIMIT 5000
""")
async def regular_doses(db: Db, *, hospital_id: UUID, people: list[UUID], since: datetime) -> list[RegularDose]:
    """The newest dose of each regular or once-only order that gave one since then. Index: administration_person."""


def is_long(line: MedicineLine) -> bool:
    """Whether doses of a line are more than a day apart."""
    return line.kind in REGULAR and (hours_apart(line) or 0) * rules.HOUR > DAY


def last_of(
    name: str, doses: Sequence[RegularDose], *, person_id: UUID, other_than: UUID | None = None
) -> RegularDose | None:
    """The newest of the doses of the same ingredient."""
    wanted = when_needed.ingredients(name)
    alike = [
        each
        for each in doses
        if each.person_id == person_id
        and each.medicine_id != other_than
        and wanted & when_needed.ingredients(each.name)
    ]
    return max(alike, key=lambda each: each.happened_at, default=None)


def going_on(route: str, doses: Sequence[RegularDose]) -> list[RegularDose]:
    """The doses from which the interval of a medicine goes on, by whatever order.

    Tablets every day beside a depot injection are meant so, and do not put it off; tablets that were stopped do where the
    medicine goes the same way, as a weekly one written for every day does. A dose once only counts where it went the same way.
    """
    return [
        each
        for each in doses
        if (each.kind != OrderKind.ONCE and is_long(line_from(each.line)))
        or (each.route == route and (each.kind == OrderKind.ONCE or not each.stands))
    ]


def _asked_about(giving: Giving, line: MedicineLine, doses: Sequence[RegularDose]) -> list[RegularDose]:
    """The doses before which somebody stops and looks: of a medicine that is given days apart more than its interval goes on
    from, all but tablets every day that go another way."""
    if not is_long(line):
        return [each for each in doses if each.kind != OrderKind.ONCE or each.route == giving.route]
    return [
        each
        for each in doses
        if each.kind == OrderKind.ONCE or each.route == giving.route or is_long(line_from(each.line))
    ]


def counted_at(dose: RegularDose) -> datetime:
    """From when an interval goes on: the planned time of a dose that was given on time, else when it was given."""
    on_time = rules.timing_of(dose.due_at, dose.happened_at, dose.critical) == "on_time"
    return dose.due_at if dose.due_at is not None and on_time else dose.happened_at


async def before_dose(db: Db, giving: Giving, *, hospital_id: UUID, now: datetime) -> list[RegularDose]:
    """What stands against giving a dose of an interval now; nothing, without a query, of a dose so many times a day."""
    line = rules.line_of(giving)
    if line.kind not in REGULAR or hours_apart(line) is None or giving.due_at is None:
        return []
    since = min(giving.due_at, now) - rules.interval_of(line)
    return await regular_doses(db, hospital_id=hospital_id, people=[giving.person_id], since=since)


def near(giving: Giving, line: MedicineLine, doses: Sequence[RegularDose], at: datetime, zone: ZoneInfo) -> str:
    """Why a dose at this moment is before its interval is over, in words; empty where it is not."""
    own = None if is_long(line) else giving.medicine_id  # of a short one, a third of the interval is asked about
    last = last_of(giving.name, _asked_about(giving, line, doses), person_id=giving.person_id, other_than=own)
    if last is None or abs(at - last.happened_at) >= kept(rules.interval_of(line)):
        return rules.near_another(giving, line, at)
    by = "" if last.medicine_id == giving.medicine_id else " by another order"
    next_at = last.happened_at + rules.interval_of(line)
    return f"last given {_day(last.happened_at, zone)}{by}, next not before {_day(next_at, zone)}"


def coming(
    order: OrderRow, line: MedicineLine, doses: Sequence[RegularDose], person_id: UUID, now: datetime, zone: ZoneInfo
) -> str:
    """When a medicine was last given and until when its interval lasts; empty once that is over."""
    last = last_of(order.name, going_on(order.route, doses), person_id=person_id)
    if last is None or now - last.happened_at >= kept(rules.interval_of(line)):
        return ""
    next_at = last.happened_at + rules.interval_of(line)
    return f"Last given {_day(last.happened_at, zone)}, next not before {_day(next_at, zone)}"


def _day(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%d-%b %H:%M}"
