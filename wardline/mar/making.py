"""Due doses made from the orders: ahead by the worker, and at reading where it has not come to them yet.

An order's doses follow its line from the moment that the line counts. They are made once: what is there stays, and another
line of the order takes the place of what is not done yet. Making twice at once makes nothing twice.
"""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from wardline.identity.public import WardScope
from wardline.mar import codes, intervals, rules
from wardline.mar.rounds import times_from
from wardline.mar.schedule import Slot, minute, slots
from wardline.orders.public import OrderKind, drugs_named, line_from
from wardline.patients.public import PatientScope
from wardline.platform.db import Db, query
from wardline.platform.ids import new_id

AHEAD = timedelta(hours=24)
AGAIN_WITHIN = timedelta(hours=12)  # of what is made: then more is made
# An order counts from the moment at which its signature came, and is stored a moment later, which may be in the next minute.
SIGNED_WITHIN = timedelta(minutes=1)
BACK_MAX = timedelta(days=7)  # what fell due while no worker ran is made when one comes back


class Unplanned(Struct, frozen=True):
    """An order whose doses are to be made, or made anew."""

    id: UUID
    person_id: UUID
    encounter_id: UUID
    name: str
    route: str
    line: str
    version: int
    since: datetime
    planned_since: datetime | None
    made_until: datetime | None
    time_zone: str
    given_before: datetime | None  # the last dose by an earlier line, as it was planned
    given_late: datetime | None  # the last of them that came late, when it was given
    created_at: datetime
    anchor: datetime | None  # of the plan: the last dose by an earlier order of the medicine
    times_version: int
    times: str | None  # JSON; None: as shipped
    ward_id: UUID | None


class NewDoses(Struct, frozen=True, kw_only=True):
    """Doses ready to be stored, column by column."""

    ids: list[UUID]
    medicines: list[UUID]
    people: list[UUID]
    encounters: list[UUID]
    due: list[datetime]
    since: list[datetime]
    amounts: list[float | None]
    amounts_to: list[float | None]
    units: list[str]
    critical: list[str]


class Plans(Struct, frozen=True, kw_only=True):
    """How far the doses of each order are made, column by column."""

    ids: list[UUID]
    versions: list[int]
    since: list[datetime]
    until: list[datetime]
    times: list[int]
    anchors: list[datetime | None]


_UNPLANNED = """
    SELECT m.id, m.person_id, m.encounter_id, m.name, m.route, m.line::text, m.version, coalesce(w.at, m.prescribed_at),
           n.since, n.made_until, h.time_zone,
           (SELECT max(coalesce(d.due_at, a.happened_at)) FROM mar.administration a
              LEFT JOIN mar.dose d ON d.hospital_id = a.hospital_id AND d.id = a.dose_id
             WHERE a.hospital_id = m.hospital_id AND a.medicine_id = m.id AND a.state = 'final'
               AND a.action IN ('given', 'self') AND a.happened_at <= w.at),
           (SELECT max(a.happened_at) FROM mar.administration a
             WHERE a.hospital_id = m.hospital_id AND a.medicine_id = m.id AND a.state = 'final'
               AND a.action IN ('given', 'self') AND a.timing = 'late' AND a.happened_at <= w.at),
           m.created_at, CASE WHEN k.stays THEN n.given_before END, k.times_version,
           (SELECT t.times::text FROM mar.round_times t WHERE t.hospital_id = m.hospital_id AND t.version = k.times_version),
           (SELECT c.ward_id FROM encounters.current c WHERE c.hospital_id = m.hospital_id AND c.encounter_id = m.encounter_id)
      FROM orders.medicine m
     CROSS JOIN LATERAL (SELECT max(s.at) AS at FROM orders.step s
                          WHERE s.hospital_id = m.hospital_id AND s.medicine_id = m.id AND s.kind = 'changed') w
      JOIN identity.hospital h ON h.id = m.hospital_id
      LEFT JOIN mar.plan n ON n.hospital_id = m.hospital_id AND n.medicine_id = m.id
     CROSS JOIN LATERAL (
           SELECT n.since IS NOT DISTINCT FROM coalesce(w.at, m.prescribed_at) AS stays,
                  CASE WHEN n.since = coalesce(w.at, m.prescribed_at) THEN n.times_version
                       ELSE coalesce((SELECT max(r.version) FROM mar.round_times r WHERE r.hospital_id = m.hospital_id), 0)
                  END AS times_version) k
"""
_WANTING = """
       AND m.state IN ('active', 'held')
       AND (n.medicine_id IS NULL OR n.order_version <> m.version
            OR (n.made_until < :horizon::timestamptz AND m.kind IN ('scheduled', 'taper')))
     ORDER BY m.prescribed_at LIMIT 300
"""


@query(_UNPLANNED + "WHERE m.hospital_id = :patient.hospital_id AND m.person_id = :patient.person_id" + _WANTING)
async def unplanned_of_patient(db: Db, patient: PatientScope, *, horizon: datetime) -> list[Unplanned]:
    """A patient's orders that have no doses up to the horizon yet. Index: medicine_person."""


@query(
    _UNPLANNED
    + """
      JOIN encounters.current c ON c.hospital_id = m.hospital_id AND c.encounter_id = m.encounter_id
     WHERE m.hospital_id = :ward.hospital_id AND c.ward_id = :ward.id
"""
    + _WANTING
)
async def unplanned_of_ward(db: Db, ward: WardScope, *, horizon: datetime) -> list[Unplanned]:
    """The same of a ward. Indexes: current_ward, medicine_encounter."""


@query(_UNPLANNED + "WHERE m.hospital_id = :hospital_id AND m.id = :medicine_id" + _WANTING)
async def unplanned_of_order(db: Db, *, hospital_id: UUID, medicine_id: UUID, horizon: datetime) -> list[Unplanned]:
    """The same of one order."""


@query(_UNPLANNED + "WHERE m.hospital_id = :hospital_id" + _WANTING)
async def unplanned_of_hospital(db: Db, *, hospital_id: UUID, horizon: datetime) -> list[Unplanned]:
    """The same of a whole hospital, for the worker. Index: medicine_encounter."""


@query("""
    WITH standing AS (
        SELECT m.id, w.since FROM unnest(:plans.ids::uuid[], :plans.versions::int[], :plans.since::timestamptz[]) AS w (id, version, since)
          JOIN orders.medicine m ON m.hospital_id = :hospital_id AND m.id = w.id AND m.version = w.version
         ORDER BY m.id FOR SHARE OF m)
    UPDATE mar.dose d
       SET state = CASE WHEN d.since = w.since THEN 'paused' WHEN d.due_at < date_trunc('minute', w.since, 'UTC') THEN 'lapsed'
                        ELSE 'withdrawn' END,
           version = d.version + 1
      FROM standing w
     WHERE d.hospital_id = :hospital_id AND d.medicine_id = w.id AND d.state = 'due'
       AND (d.since <> w.since
            OR EXISTS (SELECT 1 FROM orders.step held
                        WHERE held.hospital_id = :hospital_id AND held.medicine_id = w.id AND held.kind = 'held' AND held.at <= d.due_at
                          AND (SELECT min(on_again.at) FROM orders.step on_again
                                WHERE on_again.hospital_id = :hospital_id AND on_again.medicine_id = w.id
                                  AND on_again.kind = 'resumed' AND on_again.at > held.at) > d.due_at))
""")
async def settle(db: Db, plans: Plans, *, hospital_id: UUID) -> None:
    """Doses of an earlier line that nobody gave are withdrawn; those that had been due by then can still be recorded; those
    that came while the order was held stay held. The orders are held first, then their doses: who stops one goes the same way."""


@query("""
    WITH standing AS (
        SELECT m.hospital_id, m.id, w.version, w.since, w.until, w.times, w.anchor
          FROM unnest(:plans.ids::uuid[], :plans.versions::int[], :plans.since::timestamptz[], :plans.until::timestamptz[],
                      :plans.times::int[], :plans.anchors::timestamptz[]) AS w (id, version, since, until, times, anchor)
          JOIN orders.medicine m ON m.hospital_id = :hospital_id AND m.id = w.id AND m.version = w.version
           FOR SHARE OF m),
    planned AS (
        INSERT INTO mar.plan AS p (hospital_id, medicine_id, order_version, since, made_until, times_version, given_before)
        SELECT s.hospital_id, s.id, s.version, s.since, s.until, s.times, s.anchor FROM standing s ORDER BY s.id
            ON CONFLICT (hospital_id, medicine_id) DO UPDATE
           SET order_version = excluded.order_version, since = excluded.since, times_version = excluded.times_version,
               given_before = excluded.given_before,
               made_until = CASE WHEN p.since = excluded.since THEN greatest(p.made_until, excluded.made_until) ELSE excluded.made_until END
         WHERE p.order_version <= excluded.order_version
           AND (p.since <> excluded.since
                OR (p.times_version = excluded.times_version AND p.given_before IS NOT DISTINCT FROM excluded.given_before))
        RETURNING p.hospital_id, p.medicine_id)
    INSERT INTO mar.dose AS d (hospital_id, id, medicine_id, person_id, encounter_id, due_at, since, amount, amount_to, unit, critical)
    SELECT s.hospital_id, n.id, n.medicine_id, n.person_id, n.encounter_id, n.due_at, n.since, n.amount, n.amount_to, n.unit, n.critical
      FROM unnest(:new.ids::uuid[], :new.medicines::uuid[], :new.people::uuid[], :new.encounters::uuid[],
                  :new.due::timestamptz[], :new.since::timestamptz[], :new.amounts::float8[], :new.amounts_to::float8[],
                  :new.units::text[], :new.critical::text[])
           AS n (id, medicine_id, person_id, encounter_id, due_at, since, amount, amount_to, unit, critical)
      JOIN planned s ON s.medicine_id = n.medicine_id
     ORDER BY n.medicine_id, n.due_at
        ON CONFLICT ON CONSTRAINT dose_once DO UPDATE
       SET state = 'due', since = excluded.since, amount = excluded.amount, amount_to = excluded.amount_to, unit = excluded.unit,
           critical = excluded.critical, task_id = NULL, version = d.version + 1
     WHERE d.state IN ('due', 'withdrawn') AND d.since <> excluded.since
""")
async def make(db: Db, new: NewDoses, plans: Plans, *, hospital_id: UUID) -> None:
    """The doses of orders that are still as they were read, and how far they are made. What is there already stays.

    Who planned a line first has chosen its times and what its interval goes on from; another maker at the same moment makes
    nothing, and reads both the next time.
    """


@query("SELECT cardinality(platform.raise_topics(:topics::text[], :elements::uuid[]))")
async def raise_topics(db: Db, *, topics: list[str], elements: list[UUID]) -> int:
    """The boards that show these people are newer now; who watches them sees it within the poll of versions."""


# --- making --------------------------------------------------------------------------------------------------------------
async def make_for_ward(db: Db, ward: WardScope, now: datetime) -> int:
    """Make what is missing of a ward; returns of how many orders. One read where nothing is missing."""
    orders = await unplanned_of_ward(db, ward, horizon=now + AGAIN_WITHIN)
    return await make_at_reading(db, orders, hospital_id=ward.hospital_id, now=now)


async def make_at_reading(db: Db, orders: list[Unplanned], *, hospital_id: UUID, now: datetime) -> int:
    """The same of these orders; the boards are told here, where no write does it."""
    made = await make_all(db, orders, hospital_id=hospital_id, now=now)
    shown = sorted({(f"ward:{order.ward_id}", order.person_id) for order in orders if order.ward_id is not None})
    if shown:
        await raise_topics(db, topics=[topic for topic, _ in shown], elements=[who for _, who in shown])
    return made


async def make_all(db: Db, orders: list[Unplanned], *, hospital_id: UUID, now: datetime) -> int:
    """Make the doses of these orders up to a day ahead."""
    if not orders:
        return 0
    anchors = await _anchors(db, orders, hospital_id=hospital_id)
    made = [(order, slot) for order in orders for slot in _slots_of(order, anchors.get(order.id), now)]
    plans = Plans(
        ids=[order.id for order in orders],
        versions=[order.version for order in orders],
        since=[order.since for order in orders],
        until=[now + AHEAD for _ in orders],
        times=[order.times_version for order in orders],
        anchors=[anchors.get(order.id) for order in orders],
    )
    await settle(db, plans, hospital_id=hospital_id)
    await make(db, _columns(made), plans, hospital_id=hospital_id)
    return len(orders)


async def _anchors(db: Db, orders: list[Unplanned], *, hospital_id: UUID) -> dict[UUID, datetime]:
    """What the interval of each order goes on from where an earlier order gave the medicine: of its plan, or found now."""
    kept = {order.id: order.anchor for order in orders if order.anchor is not None}
    new = {order.id: line_from(order.line) for order in orders if order.planned_since != order.since}
    spaced = [order for order in orders if order.id in new and intervals.is_long(new[order.id])]
    if not spaced:
        return kept
    doses = await intervals.regular_doses(
        db,
        hospital_id=hospital_id,
        people=list({order.person_id for order in spaced}),
        since=min(order.since - rules.interval_of(new[order.id]) for order in spaced),
    )
    for order in spaced:
        others = intervals.going_on(order.route, doses)
        last = intervals.last_of(order.name, others, person_id=order.person_id, other_than=order.id)
        if last is not None:
            kept[order.id] = intervals.counted_at(last)
    return kept


def _slots_of(order: Unplanned, anchor: datetime | None, now: datetime) -> list[Slot]:
    begins = minute(order.since)
    if order.created_at - order.since > SIGNED_WITHIN:
        begins = max(begins, minute(order.created_at))  # nobody here was asked for what fell due before
    start = begins if order.planned_since != order.since or order.made_until is None else order.made_until
    return slots(
        line_from(order.line),
        since=order.since,
        zone=ZoneInfo(order.time_zone),
        start=max(start, now - BACK_MAX),
        end=now + AHEAD,
        given_before=max(filter(None, (order.given_before, anchor)), default=None),
        given_late=order.given_late,
        times=times_from(order.times),
    )


def _columns(made: list[tuple[Unplanned, Slot]]) -> NewDoses:
    return NewDoses(
        ids=[new_id() for _ in made],
        medicines=[order.id for order, _ in made],
        people=[order.person_id for order, _ in made],
        encounters=[order.encounter_id for order, _ in made],
        due=[slot.due_at for _, slot in made],
        since=[order.since for order, _ in made],
        amounts=[None if slot.amount is None else float(slot.amount) for _, slot in made],
        amounts_to=[None if slot.amount_to is None else float(slot.amount_to) for _, slot in made],
        units=[slot.unit for _, slot in made],
        critical=[_critical(order, slot) for order, slot in made],
    )


def _critical(order: Unplanned, slot: Slot) -> str:
    return critical_of(order.name, order.route, line_from(order.line).kind, is_first=slot.is_first)


def critical_of(name: str, route: str, kind: OrderKind, *, is_first: bool) -> str:
    """Why a dose may not wait; empty when it may."""
    if kind is OrderKind.ONCE:
        return codes.ONCE_ONLY
    return codes.critical_reason(drugs_named(name) or (), route) or (
        codes.FIRST_DOSE if is_first and kind in {OrderKind.SCHEDULED, OrderKind.TAPER} else ""
    )
