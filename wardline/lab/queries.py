"""SQL of what the laboratory reads. Every statement names the hospital; row-level security is the second wall."""
# ruff: noqa: S608 - statements are put together from texts of the code's own
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from wardline.identity.public import HospitalScope, WardScope
from wardline.lab.models import (
    BenchCount,
    BenchRow,
    BenchScope,
    Call,
    Event,
    Interval,
    LabTest,
    Order,
    OrderScope,
    Panel,
    Result,
    Specimen,
    SpecimenScope,
)
from wardline.lab.timeline import STANDS
from wardline.patients.public import PatientScope
from wardline.platform.db import Db, query

RESULTS_MAX = 400


class Cursor(Struct, frozen=True):
    """The last result of a page; the next one begins after it. Specimens share a time, so the time alone is not enough."""

    taken_at: datetime
    id: UUID


def staff_name(alias: str) -> str:
    """SQL for how a member of staff is named, null without one."""
    return f"CASE WHEN {alias}.id IS NOT NULL THEN left({alias}.given, 1) || '. ' || {alias}.family END"


# --- the catalogue ---------------------------------------------------------------------------------------------------
@query("""
    SELECT code, name, loinc, loinc_name, kind, unit, unit_words, decimals, specimen, container, bench, turnaround_minutes,
           urgent_minutes, delta_change, delta_hours, delta_source, position
      FROM lab.test WHERE active ORDER BY position LIMIT 500
""")
async def tests(db: Db) -> list[LabTest]:
    """Every test that can be asked for, in the order of reports."""


@query("""
    SELECT code, name, loinc, loinc_name, kind, unit, unit_words, decimals, specimen, container, bench, turnaround_minutes,
           urgent_minutes, delta_change, delta_hours, delta_source, position
      FROM lab.test WHERE code = :code
""")
async def test(db: Db, *, code: str) -> LabTest | None:
    """One test by its code, also one that only other laboratories do."""


@query("""
    SELECT p.code, p.name, array_agg(t.test_code ORDER BY t.test_code)
      FROM lab.panel p JOIN lab.panel_test t ON t.panel_code = p.code
     GROUP BY p.code, p.name, p.position ORDER BY p.position LIMIT 100
""")
async def panels(db: Db) -> list[Panel]:
    """Every panel with its tests."""


@query("""
    SELECT o.test_code, o.kind, o.sex, o.from_days, o.to_days, o.low, o.high, o.source, true
      FROM lab.own_interval o
     WHERE o.hospital_id = :hospital_id AND o.test_code = ANY(:codes::text[]) AND o.ended_at IS NULL
    UNION ALL
    SELECT s.test_code, s.kind, s.sex, s.from_days, s.to_days, s.low, s.high, s.source, false
      FROM lab.shipped_interval s
     WHERE s.test_code = ANY(:codes)
     ORDER BY 1, 2 DESC, 9 DESC, 4, 3 LIMIT 2000
""")
async def intervals(db: Db, *, hospital_id: UUID, codes: list[str]) -> list[Interval]:
    """What values of these tests are judged by here: the hospital's own bands, then what is shipped for whom none of them fits.

    Index: own_interval_test.
    """


# --- specimens and orders --------------------------------------------------------------------------------------------
_SPECIMEN = f"""
    SELECT s.id, s.request_id, s.person_id, s.encounter_id, s.ward_id, s.barcode, s.specimen, s.container, s.bench, s.urgency,
           s.state, s.collected_at, {staff_name("a")}, s.received_at, {staff_name("b")}, s.rejected_at, s.reject_reason,
           s.replaces_id, s.due_at, s.version, q.reason, q.ordered_at, {staff_name("d")},
           (SELECT coalesce(array_agg(t.name ORDER BY t.position), ARRAY[]::text[]) FROM lab.result r JOIN lab.test t ON t.code = r.test_code
             WHERE r.hospital_id = s.hospital_id AND r.specimen_id = s.id),
           p.family, p.given, p.sex, p.born_on, p.network_number,
           (SELECT c.bed_label FROM encounters.current c
             WHERE c.hospital_id = s.hospital_id AND c.person_id = s.person_id AND c.class <> 'outpatient' LIMIT 1)
      FROM lab.specimen s
      JOIN lab.request q ON q.hospital_id = s.hospital_id AND q.id = s.request_id
      JOIN patients.person p ON p.id = s.person_id
      LEFT JOIN identity.staff a ON a.id = s.collected_by
      LEFT JOIN identity.staff b ON b.id = s.received_by
      LEFT JOIN identity.staff d ON d.id = q.ordered_by
"""


@query(_SPECIMEN + " WHERE s.hospital_id = :scope.hospital_id AND s.id = :scope.id")
async def specimen(db: Db, scope: SpecimenScope) -> Specimen:
    """One specimen with whose it is and what is to be done with it."""


@query(
    _SPECIMEN
    + " WHERE s.hospital_id = :scope.hospital_id AND s.request_id = :scope.id ORDER BY s.created_at, s.id LIMIT 60"
)
async def specimens_of_order(db: Db, scope: OrderScope) -> list[Specimen]:
    """The specimens of an order, asked for again ones included. Index: specimen_request."""


@query(
    _SPECIMEN
    + """
     WHERE s.hospital_id = :ward.hospital_id AND s.state = 'ordered'
       AND coalesce((SELECT c.ward_id FROM encounters.current c
                      WHERE c.hospital_id = s.hospital_id AND c.encounter_id = s.encounter_id), s.ward_id) = :ward.id
     ORDER BY CASE s.urgency WHEN 'stat' THEN 0 WHEN 'urgent' THEN 1 ELSE 2 END, s.created_at LIMIT 200
"""
)
async def to_collect(db: Db, ward: WardScope) -> list[Specimen]:
    """What is to be collected on a ward, where the patient lies now. Index: specimen_to_collect."""


@query("SELECT person_id FROM lab.specimen WHERE hospital_id = :hospital_id AND id = :specimen_id")
async def whose_specimen(db: Db, *, hospital_id: UUID, specimen_id: UUID) -> UUID | None:
    """The person of a specimen of the hospital."""


@query("SELECT id FROM lab.specimen WHERE hospital_id = :hospital_id AND barcode = :barcode")
async def specimen_with_barcode(db: Db, *, hospital_id: UUID, barcode: str) -> UUID | None:
    """The specimen that carries a barcode. Index: specimen_barcode."""


@query("SELECT person_id FROM lab.request WHERE hospital_id = :hospital_id AND id = :order_id")
async def whose_order(db: Db, *, hospital_id: UUID, order_id: UUID) -> UUID | None:
    """The person of an order of the hospital."""


_ORDER = f"""
    SELECT q.id, q.person_id, q.encounter_id, q.urgency, q.reason, q.asked_for, q.ordered_at, {staff_name("d")}, q.version
      FROM lab.request q LEFT JOIN identity.staff d ON d.id = q.ordered_by
"""


@query(_ORDER + " WHERE q.hospital_id = :scope.hospital_id AND q.id = :scope.id")
async def order(db: Db, scope: OrderScope) -> Order:
    """One order."""


@query(
    _ORDER
    + """
     WHERE q.hospital_id = :patient.hospital_id AND q.person_id = :patient.person_id
     ORDER BY q.ordered_at DESC LIMIT 50
"""
)
async def orders_of(db: Db, patient: PatientScope) -> list[Order]:
    """A patient's last orders, newest first. Index: request_person."""


@query(
    _SPECIMEN
    + " WHERE s.hospital_id = :patient.hospital_id AND s.request_id = ANY(:orders::uuid[]) ORDER BY s.created_at, s.id LIMIT 600"
)
async def specimens_of_orders(db: Db, patient: PatientScope, *, orders: list[UUID]) -> list[Specimen]:
    """The specimens of these orders. Index: specimen_request."""


# --- benches ---------------------------------------------------------------------------------------------------------
@query("""
    SELECT s.id, s.barcode, s.urgency, s.state, s.specimen, s.container, s.collected_at, s.received_at, s.due_at, s.person_id,
           p.family, p.given, c.bed_label,
           array_agg(t.name ORDER BY t.position),
           (count(*) FILTER (WHERE r.state IN ('collected', 'received') OR (r.state = 'clinically_released' AND r.report = 'interim')))::int,
           (count(*) FILTER (WHERE r.state = 'resulted'))::int,
           (count(*) FILTER (WHERE r.state = 'technically_released'))::int,
           (count(*) FILTER (WHERE r.flag IN ('LL', 'HH', 'POS') AND r.state IN ('resulted', 'technically_released')))::int
      FROM (SELECT * FROM lab.specimen w
             WHERE w.hospital_id = :bench.hospital_id AND w.bench = :bench.bench AND w.state IN ('collected', 'received')
             ORDER BY CASE w.urgency WHEN 'stat' THEN 0 WHEN 'urgent' THEN 1 ELSE 2 END, w.due_at NULLS LAST, w.collected_at
             LIMIT 200) s
      JOIN lab.result r ON r.hospital_id = s.hospital_id AND r.specimen_id = s.id
      JOIN lab.test t ON t.code = r.test_code
      JOIN patients.person p ON p.id = s.person_id
      LEFT JOIN encounters.current c ON c.hospital_id = s.hospital_id AND c.encounter_id = s.encounter_id
     GROUP BY s.id, s.barcode, s.urgency, s.state, s.specimen, s.container, s.collected_at, s.received_at, s.due_at, s.person_id,
              p.family, p.given, c.bed_label
     ORDER BY CASE s.urgency WHEN 'stat' THEN 0 WHEN 'urgent' THEN 1 ELSE 2 END, s.due_at NULLS LAST, s.collected_at
     LIMIT 200
""")
async def bench_list(db: Db, bench: BenchScope) -> list[BenchRow]:
    """Specimens on their way to a bench or on it, most urgent and oldest first. Index: specimen_bench."""


@query("""
    SELECT s.bench, (count(*) FILTER (WHERE s.state = 'collected'))::int, (count(*) FILTER (WHERE s.state = 'received'))::int,
           (count(*) FILTER (WHERE s.urgency <> 'routine'))::int, (count(*) FILTER (WHERE s.due_at < :now))::int
      FROM lab.specimen s
     WHERE s.hospital_id = :hospital.hospital_id AND s.state IN ('collected', 'received')
     GROUP BY s.bench ORDER BY s.bench LIMIT 20
""")
async def bench_counts(db: Db, hospital: HospitalScope, *, now: datetime) -> list[BenchCount]:
    """What waits on each bench. Index: specimen_bench."""


# --- results ---------------------------------------------------------------------------------------------------------
_RESULT = f"""
    SELECT r.id, r.request_id, r.specimen_id, r.person_id, r.encounter_id, r.test_code, t.name, t.loinc, t.kind, t.unit,
           t.unit_words, t.decimals, t.bench, r.state, r.taken_at, r.value, r.comparator, r.words, r.isolates, r.low, r.high,
           r.critical_low, r.critical_high, r.flag, r.previous, r.previous_at, r.is_jump, r.method, r.revision, r.reason,
           r.resulted_at, {staff_name("a")}, r.technical_at, {staff_name("b")}, r.clinical_at, {staff_name("d")},
           k.id, k.told_at, k.acknowledged_at, r.version, r.report, r.followups
      FROM lab.result r
      JOIN lab.test t ON t.code = r.test_code
      LEFT JOIN identity.staff a ON a.id = r.resulted_by
      LEFT JOIN identity.staff b ON b.id = r.technical_by
      LEFT JOIN identity.staff d ON d.id = r.clinical_by
      LEFT JOIN LATERAL (SELECT c.id, c.told_at, c.acknowledged_at FROM lab.critical_call c
                          WHERE c.hospital_id = r.hospital_id AND c.result_id = r.id
                          ORDER BY c.revision DESC LIMIT 1) k ON true
"""


@query(
    _RESULT + " WHERE r.hospital_id = :scope.hospital_id AND r.specimen_id = :scope.id ORDER BY t.position LIMIT 100"
)
async def results_of_specimen(db: Db, scope: SpecimenScope) -> list[Result]:
    """The results of a specimen, in the order of reports. Index: result_once."""


@query(_RESULT + " WHERE r.hospital_id = :hospital_id AND r.id = :result_id")
async def result(db: Db, *, hospital_id: UUID, result_id: UUID) -> Result | None:
    """One result of the hospital."""


@query(
    _RESULT
    + """ WHERE r.hospital_id = :hospital_id
            AND r.request_id = (SELECT b.request_id FROM lab.result b WHERE b.hospital_id = :hospital_id AND b.id = :result_id)
          ORDER BY t.position LIMIT 100"""
)
async def results_of_request(db: Db, *, hospital_id: UUID, result_id: UUID) -> list[Result]:
    """Every result of the order that one belongs to. Index: result_request."""


# What the wards see: what was released clinically, and what is critical from the technical release on.
_VISIBLE = """
       AND (r.state = 'clinically_released'
            OR (r.state IN ('technically_released', 'withdrawn') AND (r.clinical_at IS NOT NULL OR k.id IS NOT NULL)))
"""


@query(
    _RESULT
    + " WHERE r.hospital_id = :patient.hospital_id AND r.person_id = :patient.person_id"
    + """ AND r.taken_at <= :before.taken_at
            AND (r.taken_at < :before.taken_at
                 OR (t.position, r.id) > (SELECT u.position, b.id FROM lab.result b JOIN lab.test u ON u.code = b.test_code
                                           WHERE b.hospital_id = :patient.hospital_id AND b.id = :before.id))"""
    + _VISIBLE
    + " ORDER BY r.taken_at DESC, t.position, r.id LIMIT 400"
)
async def results_of(db: Db, patient: PatientScope, *, before: Cursor) -> list[Result]:
    """What a ward may see of a patient's results, newest first, after the cursor. Index: result_person."""


@query(
    _RESULT
    + " WHERE r.hospital_id = :patient.hospital_id AND r.person_id = :patient.person_id"
    + " AND r.taken_at >= :since AND r.state <> 'withdrawn'"
    + _VISIBLE
    + " ORDER BY r.taken_at DESC, t.position, r.id LIMIT 60"
)
async def results_since(db: Db, patient: PatientScope, *, since: datetime) -> list[Result]:
    """What a ward may see of a patient's newest results. Index: result_person."""


@query(
    """
    SELECT count(*)::int FROM lab.result r
      LEFT JOIN LATERAL (SELECT c.id FROM lab.critical_call c
                          WHERE c.hospital_id = r.hospital_id AND c.result_id = r.id LIMIT 1) k ON true
     WHERE r.hospital_id = :patient.hospital_id AND r.person_id = :patient.person_id AND r.taken_at IS NOT NULL
"""
    + _VISIBLE
)
async def count_of_results(db: Db, patient: PatientScope) -> int:
    """How many results of a patient a ward may see. Index: result_person."""


@query(
    _RESULT
    + " WHERE r.hospital_id = :patient.hospital_id AND r.person_id = :patient.person_id AND r.test_code = :test"
    + " AND r.taken_at >= :since AND r.value IS NOT NULL AND r.state <> 'withdrawn'"
    + _VISIBLE
    + " ORDER BY r.taken_at DESC LIMIT 400"
)
async def values_of(db: Db, patient: PatientScope, *, test: str, since: datetime) -> list[Result]:
    """One test over time, newest first. Index: result_person."""


@query(f"""
    SELECT e.at, e.kind, {staff_name("s")}, e.revision, e.value, e.comparator, e.words, e.flag, e.reason, e.report
      FROM lab.result_event e LEFT JOIN identity.staff s ON s.id = e.actor_id
     WHERE e.hospital_id = :hospital_id AND e.result_id = :result_id
     ORDER BY e.at, e.id LIMIT 200
""")
async def history(db: Db, *, hospital_id: UUID, result_id: UUID) -> list[Event]:
    """Everything that happened to a result, oldest first."""


# The newest value of each test of the last days for the chart's summary, critical ones first: part of its one statement.
# `:since` is the summary's own, a day ago.
LATEST = f"""
    SELECT array_agg(ROW(v.id, v.name, v.unit_words, v.decimals::int, v.value::float8, v.comparator, v.flag, v.low::float8, v.high::float8,
                         v.taken_at, v.state, v.revision, k.id, k.told_at, k.told_to) ORDER BY v.rank, v.position)
      FROM (SELECT n.*, t.name, t.unit_words, t.decimals, t.position,
                   CASE WHEN n.flag IN ('HH', 'LL') THEN 0 WHEN n.flag IN ('H', 'L') THEN 1 ELSE 2 END AS rank
              FROM (SELECT DISTINCT ON (r.test_code) r.hospital_id, r.id, r.test_code, r.value, r.comparator, r.flag, r.low, r.high,
                           r.taken_at, r.state, r.revision
                      FROM lab.result r
                     WHERE r.hospital_id = :patient.hospital_id AND r.person_id = :patient.person_id AND r.value IS NOT NULL
                       AND r.taken_at >= :since::timestamptz - interval '6 days'
                       AND {STANDS}
                     ORDER BY r.test_code, r.taken_at DESC) n
              JOIN lab.test t ON t.code = n.test_code
             ORDER BY rank, t.position LIMIT 8) v
      LEFT JOIN LATERAL (SELECT c.id, c.told_at, c.told_to FROM lab.critical_call c
                          WHERE c.hospital_id = v.hospital_id AND c.result_id = v.id
                          ORDER BY c.revision DESC LIMIT 1) k ON true
"""


# --- critical calls --------------------------------------------------------------------------------------------------
_CALL = f"""
    SELECT k.id, k.result_id, k.person_id, p.family, p.given, p.born_on, p.network_number,
           (SELECT c.bed_label FROM encounters.current c
             WHERE c.hospital_id = k.hospital_id AND c.person_id = k.person_id AND c.class <> 'outpatient' LIMIT 1),
           t.name, t.unit_words, t.decimals, r.value, r.comparator, r.words, r.isolates, r.flag, r.critical_low, r.critical_high, r.taken_at,
           k.opened_at, k.told_at, {staff_name("a")}, k.told_to, k.acknowledged_at, {staff_name("b")}, k.action, k.closed_at,
           j.owner_words, j.due_at, k.task_id, r.revision, r.state = 'withdrawn', k.version
      FROM lab.critical_call k
      JOIN lab.result r ON r.hospital_id = k.hospital_id AND r.id = k.result_id
      JOIN lab.test t ON t.code = r.test_code
      JOIN tasks.task j ON j.hospital_id = k.hospital_id AND j.id = k.task_id
      JOIN patients.person p ON p.id = k.person_id
      LEFT JOIN identity.staff a ON a.id = k.told_by
      LEFT JOIN identity.staff b ON b.id = k.acknowledged_by
"""


@query(_CALL + " WHERE k.hospital_id = :hospital_id AND k.id = :call_id")
async def call(db: Db, *, hospital_id: UUID, call_id: UUID) -> Call | None:
    """One critical call of the hospital."""


@query(_CALL + " WHERE k.hospital_id = :hospital.hospital_id AND k.closed_at IS NULL ORDER BY k.opened_at LIMIT 200")
async def open_calls(db: Db, hospital: HospitalScope) -> list[Call]:
    """Critical values of which nobody was told, or that no clinician has acknowledged. Index: critical_call_open."""


@query("""
    SELECT concat_ws(', ', concat_ws(' ', nullif(s.title, ''), s.given, s.family), replace(a.role, '_', ' '))
      FROM identity.assignment a JOIN identity.staff s ON s.id = a.staff_id
     WHERE a.hospital_id = :hospital_id AND a.role IN ('doctor', 'nurse') AND a.ended_at IS NULL AND s.active
     ORDER BY s.family, s.given LIMIT 400
""")
async def who_can_be_told(db: Db, *, hospital_id: UUID) -> list[str]:
    """Doctors and nurses of the hospital, by name and role."""
