"""SQL of the pharmacy. Every statement names the hospital; row-level security is the second wall."""
# ruff: noqa: S608 - statements are put together from texts of the code's own
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct

from wardline.identity.public import HospitalScope
from wardline.patients.public import PatientScope
from wardline.pharmacy.models import (
    Counts,
    Dispense,
    Labelled,
    LotTaken,
    Offer,
    QueueRow,
    ReturnLine,
    Supply,
    TracedDispense,
    TracedLot,
    TraceScope,
)
from wardline.platform.db import Db, query

PAGE_MAX = 50
TRACED_MAX = 500


class Cursor(Struct, frozen=True):
    """The last row of a page: whether it is once only (0) or not (1), its time, its id."""

    rank: int
    at: datetime
    id: UUID


BEFORE_ALL = Cursor(-1, datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))


def staff_name(alias: str) -> str:
    """SQL for how a member of staff is named, null without one."""
    return f"CASE WHEN {alias}.id IS NOT NULL THEN left({alias}.given, 1) || '. ' || {alias}.family END"


# --- the queue ---------------------------------------------------------------------------------------------------------
_LAST = """
      LEFT JOIN LATERAL (SELECT x.state, x.medicine_version, x.words, x.answer FROM orders.verification x
                          WHERE x.hospital_id = m.hospital_id AND x.medicine_id = m.id ORDER BY x.number DESC LIMIT 1) v ON true
"""
_WHO = f"""
      JOIN patients.person p ON p.id = m.person_id
      LEFT JOIN encounters.current c ON c.hospital_id = m.hospital_id AND c.encounter_id = m.encounter_id
      LEFT JOIN identity.staff s ON s.id = m.prescribed_by
      {_LAST}
"""
_LINE = f"""m.id AS medicine_id, m.person_id, p.family, p.given, p.born_on, c.bed_label, m.name, m.kind, m.line::text,
           m.prescribed_at, {staff_name("s")}, v.state, v.medicine_version, m.version, v.words, v.answer"""
# What was prepared is of a version of the order; where that has gone, the order was changed, held or stopped since.
_PREPARED_LINE = _LINE.replace("v.state, v.medicine_version", "'prepared', d.medicine_version")
_RANK = "(CASE m.kind WHEN 'once' THEN 0 ELSE 1 END)"


@query(f"""
    SELECT m.id, {_LINE}, NULL::text, NULL::int, NULL::int, NULL::text, m.prescribed_at
      FROM orders.medicine m {_WHO}
     WHERE m.hospital_id = :hospital.hospital_id AND m.state = 'active' AND m.settled_version IS DISTINCT FROM m.version
       AND (v.medicine_version IS NOT DISTINCT FROM m.version) = :is_asked
       AND ({_RANK}, m.prescribed_at, m.id) > (:after.rank::int, :after.at::timestamptz, :after.id::uuid)
     ORDER BY {_RANK}, m.prescribed_at, m.id LIMIT :limit
""")
async def unsettled(db: Db, hospital: HospitalScope, *, is_asked: bool, after: Cursor, limit: int) -> list[QueueRow]:
    """Active orders that nobody has decided on as they are now, or (`is_asked`) about which the prescriber is asked.
    Index: medicine_unsettled.
    """


@query(f"""
    SELECT m.id, {_LINE}, NULL::text, NULL::int, u.owed, NULL::text, u.since
      FROM pharmacy.supply u JOIN orders.medicine m ON m.hospital_id = u.hospital_id AND m.id = u.medicine_id {_WHO}
     WHERE u.hospital_id = :hospital.hospital_id AND u.state IN ('ready', 'part')
       AND m.state = 'active' AND m.version = u.medicine_version AND m.settled_version = m.version
       AND ({_RANK}, m.prescribed_at, m.id) > (:after.rank::int, :after.at::timestamptz, :after.id::uuid)
     ORDER BY {_RANK}, m.prescribed_at, m.id LIMIT :limit
""")
async def to_dispense(db: Db, hospital: HospitalScope, *, after: Cursor, limit: int) -> list[QueueRow]:
    """Verified orders of which nothing, or not everything, has been dispensed. Index: supply_waiting."""


@query(f"""
    SELECT d.id, {_PREPARED_LINE}, d.number, d.quantity - d.returned, d.owed, d.unit, d.when_prepared
      FROM pharmacy.dispense d JOIN orders.medicine m ON m.hospital_id = d.hospital_id AND m.id = d.medicine_id {_WHO}
     WHERE d.hospital_id = :hospital.hospital_id AND d.status = 'in_progress'
       AND ({_RANK}, d.when_prepared, d.id) > (:after.rank::int, :after.at::timestamptz, :after.id::uuid)
     ORDER BY {_RANK}, d.when_prepared, d.id LIMIT :limit
""")
async def to_collect(db: Db, hospital: HospitalScope, *, after: Cursor, limit: int) -> list[QueueRow]:
    """What is prepared and waits for the patient or the ward; also of orders that ended since. Index: dispense_waiting."""


@query(f"""
    SELECT count(*) FILTER (WHERE v.medicine_version IS DISTINCT FROM m.version)::int,
           count(*) FILTER (WHERE v.medicine_version IS NOT DISTINCT FROM m.version)::int,
           (SELECT count(*)::int FROM pharmacy.supply u
              JOIN orders.medicine r ON r.hospital_id = u.hospital_id AND r.id = u.medicine_id
             WHERE u.hospital_id = :hospital.hospital_id AND u.state IN ('ready', 'part')
               AND r.state = 'active' AND r.version = u.medicine_version AND r.settled_version = r.version),
           (SELECT count(*)::int FROM pharmacy.dispense d
             WHERE d.hospital_id = :hospital.hospital_id AND d.status = 'in_progress')
      FROM orders.medicine m {_LAST}
     WHERE m.hospital_id = :hospital.hospital_id AND m.state = 'active' AND m.settled_version IS DISTINCT FROM m.version
""")
async def counts(db: Db, hospital: HospitalScope) -> Counts:
    """How many wait in each list. Indexes: medicine_unsettled, supply_waiting, dispense_waiting."""


# --- what a scanner finds ----------------------------------------------------------------------------------------------
@query("SELECT d.id FROM pharmacy.dispense d WHERE d.hospital_id = :hospital_id AND d.number = :number")
async def dispense_with_number(db: Db, *, hospital_id: UUID, number: str) -> UUID | None:
    """The dispensing of a label. Index: dispense_number_once."""


@query("""
    SELECT r.person_id FROM patients.registration r WHERE r.hospital_id = :hospital_id AND r.mrn = :code
    UNION ALL
    SELECT r.person_id FROM patients.person p JOIN patients.registration r ON r.hospital_id = :hospital_id AND r.person_id = p.id
     WHERE p.network_number = :code
     LIMIT 1
""")
async def person_with_code(db: Db, *, hospital_id: UUID, code: str) -> UUID | None:
    """The patient of a wristband."""


# --- what there is -----------------------------------------------------------------------------------------------------
@query("""
    SELECT t.id, t.name, p.id, p.ingredient, p.form, p.strength, p.unit, p.is_controlled, l.id, l.number, l.expires_on,
           coalesce(l.is_quarantined, false), coalesce(v.quantity, 0), p.pack_quantity
      FROM stock.product p
      JOIN stock.store t ON t.hospital_id = p.hospital_id AND t.active AND t.ward_id IS NULL
       AND t.kind = CASE WHEN p.is_controlled THEN 'controlled' ELSE 'pharmacy' END
      JOIN stock.shelf f ON f.hospital_id = p.hospital_id AND f.store_id = t.id AND f.product_id = p.id
      LEFT JOIN stock.level v ON v.hospital_id = p.hospital_id AND v.store_id = t.id AND v.product_id = p.id AND v.quantity > 0
      LEFT JOIN stock.lot l ON l.hospital_id = v.hospital_id AND l.id = v.lot_id
     WHERE p.hospital_id = :hospital.hospital_id AND p.active AND p.ingredient = :ingredient
       AND (:product_id::uuid IS NULL OR (p.id = :product_id AND t.id = :store_id::uuid))
     ORDER BY t.name, t.id, p.form, p.strength, p.id, l.expires_on, l.number LIMIT 500
""")
async def offers(
    db: Db, hospital: HospitalScope, *, ingredient: str, product_id: UUID | None = None, store_id: UUID | None = None
) -> list[Offer]:
    """Every product of an ingredient that lies or lay in the pharmacy's own stores, lot by lot; one without stock has a row
    without a lot. Of one product in one store where these are named. Indexes: product_once, the shelf's key, level_product.
    """


# --- supply ------------------------------------------------------------------------------------------------------------
@query("""
    SELECT u.state, u.medicine_version, u.owed, u.reason, u.task_id, u.since,
           (SELECT count(*)::int FROM pharmacy.dispense d WHERE d.hospital_id = u.hospital_id AND d.medicine_id = u.medicine_id),
           (SELECT d.product_id FROM pharmacy.dispense d WHERE d.hospital_id = u.hospital_id AND d.medicine_id = u.medicine_id
             ORDER BY d.when_prepared DESC, d.id DESC LIMIT 1), u.version
      FROM pharmacy.supply u
     WHERE u.hospital_id = :hospital_id AND u.medicine_id = :medicine_id
""")
async def supply(db: Db, *, hospital_id: UUID, medicine_id: UUID) -> Supply | None:
    """How far the supply of an order is. Index: dispense_medicine."""


@query("""
    INSERT INTO pharmacy.supply AS u (hospital_id, medicine_id, medicine_version, state, reason, owed, task_id, since)
    VALUES (:hospital_id, :medicine_id, :medicine_version, :state, :reason, :owed, :task_id::uuid, :now)
        ON CONFLICT (hospital_id, medicine_id)
        DO UPDATE SET medicine_version = :medicine_version, state = :state, reason = :reason, owed = :owed,
                      task_id = :task_id::uuid, since = :now, version = u.version + 1
""")
async def set_supply(
    db: Db,
    *,
    hospital_id: UUID,
    medicine_id: UUID,
    medicine_version: int,
    state: str,
    reason: str,
    owed: int,
    task_id: UUID | None,
    now: datetime,
) -> None:
    """How far the supply of an order is from now on. The order is locked by whoever writes this."""


@query("""
    UPDATE pharmacy.supply u SET state = 'ended', owed = 0, version = u.version + 1
      FROM orders.medicine m
     WHERE m.hospital_id = u.hospital_id AND m.id = u.medicine_id
       AND u.hospital_id = :hospital_id AND u.medicine_id = ANY (:medicine_ids::uuid[]) AND u.state IN ('ready', 'part')
       AND (m.state <> 'active' OR m.version <> u.medicine_version)
    RETURNING u.task_id
    -- bounded: the orders that are named
""")
async def end_supplies(db: Db, *, hospital_id: UUID, medicine_ids: list[UUID]) -> list[UUID | None]:
    """What was to be dispensed of these orders is not any more, because they changed or ended; the tasks of what was owed."""


# --- dispensings -------------------------------------------------------------------------------------------------------
class NewRow(Struct, frozen=True, kw_only=True):
    """A dispensing ready to be stored, with its lots column by column."""

    hospital_id: UUID
    id: UUID
    medicine_id: UUID
    medicine_version: int
    person_id: UUID
    encounter_id: UUID
    store_id: UUID
    product_id: UUID
    product: str
    unit: str
    dosage: str
    type: str
    quantity: int
    owed: int
    days_supply: int | None
    substitution_reason: str
    lot_reason: str
    quantity_reason: str
    witness_id: UUID | None
    lot_ids: list[UUID]
    quantities: list[int]


@query("""
    WITH made AS (
        INSERT INTO pharmacy.dispense (hospital_id, id, number, medicine_id, medicine_version, person_id, encounter_id, store_id,
               product_id, product, unit, dosage, type, quantity, owed, days_supply, substitution_reason, lot_reason, quantity_reason,
               witness_id, when_prepared, prepared_by)
        VALUES (:new.hospital_id, :new.id, 'D' || nextval('pharmacy.dispense_number'), :new.medicine_id, :new.medicine_version,
               :new.person_id, :new.encounter_id, :new.store_id, :new.product_id, :new.product, :new.unit, :new.dosage, :new.type,
               :new.quantity, :new.owed, :new.days_supply, :new.substitution_reason, :new.lot_reason,
               :new.quantity_reason, :new.witness_id, :now, :actor_id)
        RETURNING hospital_id, id)
    INSERT INTO pharmacy.dispense_lot (hospital_id, dispense_id, lot_id, lot_number, expires_on, quantity)
    SELECT made.hospital_id, made.id, l.id, l.number, l.expires_on, n.quantity
      FROM made, unnest(:new.lot_ids::uuid[], :new.quantities::int[]) AS n (lot_id, quantity)
      JOIN stock.lot l ON l.hospital_id = :new.hospital_id AND l.id = n.lot_id
""")
async def insert_dispense(db: Db, new: NewRow, *, actor_id: UUID, now: datetime) -> None:
    """A dispensing with the lots that it came from."""


_DISPENSE = f"""
    SELECT d.id, d.number, d.medicine_id, d.medicine_version, d.person_id, d.store_id, d.product_id, d.product, d.unit, d.dosage,
           d.type, d.status, d.quantity, d.owed, d.returned, d.days_supply, d.substitution_reason, d.lot_reason, d.when_prepared,
           {staff_name("a")}, {staff_name("w")}, d.when_handed_over, {staff_name("h")}, d.received_by, d.although,
           d.version, d.quantity_reason
      FROM pharmacy.dispense d
      JOIN identity.staff a ON a.id = d.prepared_by
      LEFT JOIN identity.staff w ON w.id = d.witness_id
      LEFT JOIN identity.staff h ON h.id = d.handed_over_by
"""


@query(
    _DISPENSE
    + """
     WHERE d.hospital_id = :hospital_id AND d.medicine_id = :medicine_id ORDER BY d.when_prepared DESC, d.id LIMIT 100
"""
)
async def dispenses_of(db: Db, *, hospital_id: UUID, medicine_id: UUID) -> list[Dispense]:
    """What was dispensed of an order, newest first. Index: dispense_medicine."""


@query(_DISPENSE + " WHERE d.hospital_id = :hospital_id AND d.id = :dispense_id")
async def dispense(db: Db, *, hospital_id: UUID, dispense_id: UUID) -> Dispense | None:
    """One dispensing."""


@query(_DISPENSE + " WHERE d.hospital_id = :hospital_id AND d.id = :dispense_id FOR NO KEY UPDATE OF d")
async def dispense_locked(db: Db, *, hospital_id: UUID, dispense_id: UUID) -> Dispense | None:
    """The same, held until the end of the transaction."""


@query("""
    SELECT l.lot_id, l.lot_number, l.expires_on, l.quantity, l.returned, l.dispense_id, o.is_quarantined
      FROM pharmacy.dispense_lot l JOIN stock.lot o ON o.hospital_id = l.hospital_id AND o.id = l.lot_id
     WHERE l.hospital_id = :hospital_id AND l.dispense_id = ANY (:dispense_ids::uuid[])
     ORDER BY l.expires_on, l.lot_number, l.dispense_id LIMIT 6000
""")
async def lots_of(db: Db, *, hospital_id: UUID, dispense_ids: list[UUID]) -> list[LotTaken]:
    """The lots of these dispensings."""


@query(f"""
    SELECT r.dispense_id, r.at, {staff_name("a")}, l.lot_number, r.quantity, r.reason, r.is_opened
      FROM pharmacy.dispense_return r
      JOIN pharmacy.dispense_lot l ON l.hospital_id = r.hospital_id AND l.dispense_id = r.dispense_id AND l.lot_id = r.lot_id
      JOIN identity.staff a ON a.id = r.actor_id
     WHERE r.hospital_id = :hospital_id AND r.dispense_id = ANY (:dispense_ids::uuid[]) ORDER BY r.at, r.id LIMIT 500
""")
async def returns_of(db: Db, *, hospital_id: UUID, dispense_ids: list[UUID]) -> list[ReturnLine]:
    """What came back of these dispensings. Index: dispense_return_of."""


@query("""
    UPDATE pharmacy.dispense SET status = 'completed', when_handed_over = :now, handed_over_by = :actor_id,
           received_by = :received_by, although = :although, version = version + 1
     WHERE hospital_id = :hospital_id AND id = :dispense_id AND status = 'in_progress' AND version = :version
    RETURNING version
""")
async def hand_over(
    db: Db,
    *,
    hospital_id: UUID,
    dispense_id: UUID,
    version: int,
    received_by: str,
    although: str,
    actor_id: UUID,
    now: datetime,
) -> int | None:
    """The patient or the ward has it; None when it is not as it was read."""


@query("""
    WITH told AS (
        INSERT INTO pharmacy.dispense_return (hospital_id, id, dispense_id, lot_id, quantity, reason, is_opened, witness_id, at,
                                              actor_id)
        VALUES (:hospital_id, :return_id, :dispense_id, :lot_id, :quantity, :reason, :is_opened, :witness_id::uuid, :now,
                :actor_id)
        RETURNING hospital_id, dispense_id, lot_id, quantity),
    lot AS (
        UPDATE pharmacy.dispense_lot l SET returned = l.returned + told.quantity FROM told
         WHERE l.hospital_id = told.hospital_id AND l.dispense_id = told.dispense_id AND l.lot_id = told.lot_id)
    UPDATE pharmacy.dispense d
       SET returned = d.returned + told.quantity, version = d.version + 1,
           status = CASE WHEN d.returned + told.quantity = d.quantity AND d.status = 'in_progress' THEN 'cancelled' ELSE d.status END
      FROM told WHERE d.hospital_id = told.hospital_id AND d.id = told.dispense_id
""")
async def insert_return(
    db: Db,
    *,
    hospital_id: UUID,
    return_id: UUID,
    dispense_id: UUID,
    lot_id: UUID,
    quantity: int,
    reason: str,
    is_opened: bool,
    witness_id: UUID | None,
    actor_id: UUID,
    now: datetime,
) -> None:
    """What comes back; everything back before it was handed over is a cancelled dispensing."""


@query("SELECT p.is_controlled FROM stock.product p WHERE p.hospital_id = :hospital_id AND p.id = :product_id")
async def is_controlled(db: Db, *, hospital_id: UUID, product_id: UUID) -> bool | None:
    """Whether a product is a controlled drug now, also one that is no longer kept."""


@query("""
    SELECT l.id, l.number, l.expires_on, l.is_quarantined, l.quarantine_reason, p.ingredient || ' ' || p.strength || ' ' || p.form
      FROM stock.lot l JOIN stock.product p ON p.hospital_id = l.hospital_id AND p.id = l.product_id
     WHERE l.hospital_id = :hospital_id AND l.id = :lot_id
""")
async def traced_lot(db: Db, *, hospital_id: UUID, lot_id: UUID) -> TracedLot | None:
    """A lot of the hospital."""


@query("""
    SELECT d.id, d.number, d.person_id, p.family, p.given, p.born_on, r.mrn, c.bed_label, n.quantity - n.returned, d.unit, d.status,
           d.when_prepared, d.when_handed_over, d.received_by
      FROM pharmacy.dispense_lot n
      JOIN pharmacy.dispense d ON d.hospital_id = n.hospital_id AND d.id = n.dispense_id
      JOIN patients.person p ON p.id = d.person_id
      LEFT JOIN patients.registration r ON r.hospital_id = d.hospital_id AND r.person_id = d.person_id
      LEFT JOIN encounters.current c ON c.hospital_id = d.hospital_id AND c.encounter_id = d.encounter_id
     WHERE n.hospital_id = :scope.hospital_id AND n.lot_id = :scope.id AND n.quantity > n.returned
     ORDER BY d.when_prepared DESC, d.id LIMIT 500
""")
async def dispensed_of_lot(db: Db, scope: TraceScope) -> list[TracedDispense]:
    """Whoever has, or waits for, something of a lot, newest first. Index: dispense_lot_lot."""


class Supplied(Struct, frozen=True):
    """The newest dispensing of an order, and what is owed."""

    medicine_id: UUID
    quantity: int
    unit: str
    status: str
    at: datetime
    owed: int


@query("""
    SELECT DISTINCT ON (d.medicine_id) d.medicine_id, d.quantity - d.returned, d.unit, d.status, d.when_prepared, d.owed
      FROM pharmacy.dispense d
     WHERE d.hospital_id = :hospital_id AND d.medicine_id = ANY (:medicine_ids::uuid[])
     ORDER BY d.medicine_id, d.when_prepared DESC LIMIT 1000
""")
async def newest_dispenses(db: Db, *, hospital_id: UUID, medicine_ids: list[UUID]) -> list[Supplied]:
    """The newest dispensing of each of these orders. Index: dispense_medicine."""


@query("""
    SELECT p.family, p.given, p.born_on, r.mrn, p.network_number, h.name
      FROM patients.registration r
      JOIN patients.person p ON p.id = r.person_id
      JOIN identity.hospital h ON h.id = r.hospital_id
     WHERE r.hospital_id = :patient.hospital_id AND r.person_id = :patient.person_id
""")
async def labelled(db: Db, patient: PatientScope) -> Labelled:
    """Who and where, for a label."""
