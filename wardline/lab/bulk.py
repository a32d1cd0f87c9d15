"""Many results of other laboratories at once, for imports. What is already there stays, so doing it twice adds nothing.

They are history: the specimen is done, so it is on no bench; no call is opened for a value, however low or high; figures
of turnaround leave them out. A value keeps its LOINC code, and its unit but for a change of scale. The handle's scope must
be the hospital of the rows.
"""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from wardline.lab.units import factor
from wardline.platform.db import Db, query


class ReportRecord(Struct, frozen=True, kw_only=True):
    """What came in together: one request with one specimen. `ordered_by` is whoever is known to have asked for it."""

    id: UUID
    hospital_id: UUID
    person_id: UUID
    encounter_id: UUID | None
    name: str
    taken_at: datetime
    ordered_by: UUID


class ResultRecord(Struct, frozen=True, kw_only=True):
    """One value with what its laboratory said: `flag` is L, N, H or nothing, `unit` is UCUM."""

    id: UUID
    hospital_id: UUID
    report_id: UUID
    person_id: UUID
    encounter_id: UUID | None
    loinc: str
    name: str
    taken_at: datetime
    issued_at: datetime
    value: Decimal | None
    comparator: str
    words: str
    unit: str
    low: Decimal | None
    high: Decimal | None
    flag: str | None
    decimals: int
    by: UUID


class KnownTest(Struct, frozen=True):
    """A test of the catalogue, or one that only other laboratories do."""

    code: str
    loinc: str
    unit: str
    is_elsewhere: bool


class _Row(Struct, frozen=True, kw_only=True):
    id: UUID
    hospital_id: UUID
    report_id: UUID
    person_id: UUID
    encounter_id: UUID | None
    test_code: str
    taken_at: datetime
    issued_at: datetime
    value: Decimal | None
    comparator: str
    words: str
    unit: str
    low: Decimal | None
    high: Decimal | None
    flag: str | None
    by: UUID


@query("""
    WITH asked AS (
        INSERT INTO lab.request (hospital_id, id, person_id, encounter_id, urgency, asked_for, ordered_at, ordered_by)
        SELECT t.hospital_id, t.id, t.person_id, t.encounter_id, 'routine', ARRAY[t.name], t.taken_at, t.ordered_by
          FROM jsonb_to_recordset(:reports::jsonb) AS t (hospital_id uuid, id uuid, person_id uuid, encounter_id uuid,
               name text, taken_at timestamptz, ordered_by uuid)
         WHERE NOT EXISTS (SELECT FROM lab.request q WHERE q.hospital_id = t.hospital_id AND q.id = t.id)
        ON CONFLICT (hospital_id, id) DO NOTHING
        RETURNING hospital_id, id, person_id, encounter_id, ordered_at, ordered_by),
    taken AS (
        INSERT INTO lab.specimen (hospital_id, id, request_id, person_id, encounter_id, barcode, specimen, container, bench,
                                  urgency, state, collected_at, collected_by, received_at, received_by)
        SELECT hospital_id, id, id, person_id, encounter_id, lab.next_barcode(), 'Not told', 'Not told', 'elsewhere',
               'routine', 'done', ordered_at, ordered_by, ordered_at, ordered_by
          FROM asked)
    SELECT id FROM asked -- bounded: one row for each record offered
""")
async def add_reports(db: Db, reports: list[ReportRecord]) -> list[UUID]:
    """Which were new; each gets a specimen of the same id that is done."""


@query("""
    SELECT code, loinc, unit, bench = 'elsewhere' FROM lab.test -- bounded: the tests of a few codes
     WHERE loinc = ANY (:codes::text[]) AND (active OR bench = 'elsewhere')
""")
async def known_tests(db: Db, codes: list[str]) -> list[KnownTest]:
    """The tests with these LOINC codes."""


@query("SELECT lab.test_elsewhere(:loinc, :name, :unit, :decimals::int)")
async def test_elsewhere(db: Db, *, loinc: str, name: str, unit: str, decimals: int) -> str:
    """The code of another laboratory's test, made when it is new."""


@query("""
    INSERT INTO lab.result (hospital_id, id, request_id, specimen_id, person_id, encounter_id, test_code, state, taken_at,
                            value, comparator, words, unit, low, high, flag, method, resulted_at, resulted_by, technical_at,
                            technical_by, clinical_at, clinical_by)
    SELECT t.hospital_id, t.id, t.report_id, t.report_id, t.person_id, t.encounter_id, t.test_code, 'clinically_released',
           t.taken_at, t.value, t.comparator, t.words, t.unit, t.low, t.high, t.flag, 'Sent by another system', t.issued_at,
           t.by, t.issued_at, t.by, t.issued_at, t.by
      FROM jsonb_to_recordset(:rows::jsonb) AS t (hospital_id uuid, id uuid, report_id uuid, person_id uuid,
           encounter_id uuid, test_code text, taken_at timestamptz, issued_at timestamptz, value numeric, comparator text,
           words text, unit text, low numeric, high numeric, flag text, "by" uuid)
    ON CONFLICT DO NOTHING
    RETURNING id -- bounded: one row for each record offered
""")
async def _insert(db: Db, rows: list[_Row]) -> list[UUID]:
    """Which were new. A test stands once in a report: of two values of it the one that was there, or came, first stays."""


async def add_results(db: Db, results: list[ResultRecord]) -> list[UUID]:
    """Which were new. Their reports are there already.

    Tests of other laboratories are made in one order, so that two imports at once never wait for each other in a circle.
    """
    if not results:
        return []
    known = await known_tests(db, sorted({each.loinc for each in results}))
    rows: list[_Row] = []
    for each in sorted(results, key=lambda result: (result.loinc, result.unit)):
        test = test_for(each, known)
        if test is None:
            code = await test_elsewhere(db, loinc=each.loinc, name=each.name, unit=each.unit, decimals=each.decimals)
            test = KnownTest(code, each.loinc, each.unit, is_elsewhere=True)
            known.append(test)
        rows.append(_row(each, test))
    return await _insert(db, rows)


def test_for(result: ResultRecord, known: list[KnownTest]) -> KnownTest | None:
    """The catalogue's own test when the value can be said in its unit, else another laboratory's of just this unit."""
    own = (each for each in known if each.loinc == result.loinc and not each.is_elsewhere)
    theirs = (each for each in known if each.loinc == result.loinc and each.is_elsewhere and each.unit == result.unit)
    fitting = (each for each in own if result.value is not None and factor(result.unit, each.unit) is not None)
    return next(fitting, None) or next(theirs, None)


def _row(result: ResultRecord, test: KnownTest) -> _Row:
    times = factor(result.unit, test.unit) or Decimal(1)

    def scaled(number: Decimal | None) -> Decimal | None:
        return None if number is None else number * times

    return _Row(
        id=result.id,
        hospital_id=result.hospital_id,
        report_id=result.report_id,
        person_id=result.person_id,
        encounter_id=result.encounter_id,
        test_code=test.code,
        taken_at=result.taken_at,
        issued_at=result.issued_at,
        value=scaled(result.value),
        comparator=result.comparator,
        words=result.words,
        unit=test.unit,
        low=scaled(result.low),
        high=scaled(result.high),
        flag=result.flag,
        by=result.by,
    )
