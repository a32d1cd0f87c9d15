"""Laboratory results of the past with their reports, in Wardline's own words. Pure."""

import re
from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct, structs

from wardline.encounters.public import VisitRecord
from wardline.interop.fhir import terms
from wardline.interop.fhir.bundle import Entry
from wardline.interop.fhir.elements import taken_at_of
from wardline.interop.fhir.identify import IMPORTER
from wardline.interop.fhir.resources import DiagnosticReport, Observation
from wardline.interop.fhir.vital_signs import LOINC, Left
from wardline.interop.fhir.words import clean, code_of, display, maybe_moment
from wardline.interop.fhir.work import Work, is_laboratory
from wardline.lab.public import ReportRecord, ResultRecord

_FINAL = ("final", "amended", "corrected", "appended")
_LOINC_CODE = re.compile(r"[0-9]{3,6}-[0-9]")
_VALUE_BELOW = 1_000_000_000
_NAME_MAX, _WORDS_MAX, _UNIT_MAX, _DECIMALS_MAX = 200, 1000, 40, 2
_NAMES_OF_GROUP = 3


class _Found(Struct, frozen=True):
    """A result that is kept; `record.report_id` waits for its report."""

    entry: Entry
    visit: VisitRecord | None
    record: ResultRecord


def bring_results(work: Work) -> None:
    """Adds laboratory results and what they came in together with. A result without a report shares one with those of the
    same patient, visit and moment."""
    found: dict[int, _Found] = {}
    for entry, observation in work.bundle.of(Observation):
        if is_laboratory(observation.category):
            try:
                found[entry.index] = _found(work, entry, observation)
            except Left as left:
                work.leave(entry, str(left))
    for entry, report in work.bundle.of(DiagnosticReport):
        try:
            _report(work, entry, report, found)
            work.take(entry)
        except Left as left:
            work.leave(entry, str(left))
    _group(work, found)


# --- reports -------------------------------------------------------------------------------------------------------------
def _report(work: Work, entry: Entry, report: DiagnosticReport, found: dict[int, _Found]) -> None:
    """Takes the results that the report names out of `found`. Raises Left when there is nothing to keep."""
    if not is_laboratory(report.category):
        raise Left("reports that no laboratory wrote are not kept")
    if report.status not in _FINAL:
        raise Left(f"status is {report.status}")
    person_id = work.subject_of(entry, report.subject)
    visit = work.own_visit(entry, report.encounter, person_id)
    named = [
        work.entry(reference, "Observation", (*entry.path, "result", at, "reference")).index
        for at, reference in enumerate(report.result)
        if reference.reference
    ]
    own = [found.pop(index) for index in dict.fromkeys(named) if _is_of(found.get(index), person_id)]
    if not own:
        raise Left("it holds no laboratory result that is kept")
    begun = report.effective_date_time or (report.effective_period.start if report.effective_period else None)
    taken_at = maybe_moment(begun, (*entry.path, "effectiveDateTime")) or own[0].record.taken_at
    record = ReportRecord(
        id=work.identity.of("DiagnosticReport", report.id),
        hospital_id=visit.hospital_id if visit else own[0].record.hospital_id,
        person_id=person_id,
        encounter_id=visit.id if visit else None,
        name=(display(report.code) or "Laboratory report")[:_NAME_MAX],
        taken_at=taken_at,
        ordered_by=IMPORTER,
    )
    work.result.sent_reports.add(record.id)
    _keep(work, record, own)


def _is_of(found: _Found | None, person_id: UUID) -> bool:
    return found is not None and found.record.person_id == person_id


def _group(work: Work, found: dict[int, _Found]) -> None:
    """Reports for results that came without one."""
    groups: dict[tuple[UUID, UUID | None, datetime], list[_Found]] = defaultdict(list)
    for each in found.values():
        groups[each.record.person_id, each.record.encounter_id, each.record.taken_at].append(each)
    for (person_id, encounter_id, taken_at), own in groups.items():
        names = list(dict.fromkeys(each.record.name for each in own))
        more = f" and {len(names) - _NAMES_OF_GROUP} more" if len(names) > _NAMES_OF_GROUP else ""
        record = ReportRecord(
            id=work.identity.of("results", str(encounter_id or person_id), taken_at.isoformat()),
            hospital_id=own[0].record.hospital_id,
            person_id=person_id,
            encounter_id=encounter_id,
            name=", ".join(names[:_NAMES_OF_GROUP])[: _NAME_MAX - len(more)] + more,
            taken_at=taken_at,
            ordered_by=IMPORTER,
        )
        _keep(work, record, own)


def _keep(work: Work, report: ReportRecord, own: list[_Found]) -> None:
    """The report with its results; a test that stands in it twice is kept once."""
    work.result.reports.append(report)
    seen: set[tuple[str, str]] = set()
    for each in own:
        test = (each.record.loinc, each.record.unit)
        if test in seen:
            work.leave(each.entry, "the same code stands twice in one report")
            continue
        seen.add(test)
        work.result.results.append(
            structs.replace(
                each.record,
                report_id=report.id,
                hospital_id=report.hospital_id,
                encounter_id=report.encounter_id,
            )
        )
        work.take(each.entry)


# --- results -------------------------------------------------------------------------------------------------------------
def _found(work: Work, entry: Entry, observation: Observation) -> _Found:
    """The result; raises Left with the reason when it cannot be kept."""
    if observation.status not in _FINAL:
        raise Left(f"status is {observation.status}")
    codings = observation.code.coding
    loinc = next((each.code for each in codings if each.system == LOINC and each.code), "")
    if not _LOINC_CODE.fullmatch(loinc):
        raise Left("it has no LOINC code")
    person_id = work.subject_of(entry, observation.subject)
    visit = work.own_visit(entry, observation.encounter, person_id)
    taken_at = taken_at_of(entry, observation)
    if taken_at is None:
        raise Left("it does not say when it was taken")
    value, comparator, words, unit = _value(observation)
    low, high = _interval(observation)
    record = ResultRecord(
        id=work.identity.of("Observation", observation.id),
        hospital_id=visit.hospital_id if visit else work.hospital_of_person[person_id],
        report_id=work.identity.of("Observation", observation.id, "report"),
        person_id=person_id,
        encounter_id=visit.id if visit else None,
        loinc=loinc,
        name=(display(observation.code) or f"LOINC {loinc}")[:_NAME_MAX],
        taken_at=taken_at,
        issued_at=maybe_moment(observation.issued, (*entry.path, "issued")) or taken_at,
        value=value,
        comparator=comparator,
        words=words,
        unit=unit,
        low=low,
        high=high,
        flag=_flag(observation, value, comparator, low, high),
        decimals=_decimals(value),
        by=IMPORTER,
    )
    return _Found(entry, visit, record)


def _value(observation: Observation) -> tuple[Decimal | None, str, str, str]:
    """Number, sign, words and unit; a sign that the laboratory's table has no place for makes words of it."""
    quantity = observation.value_quantity
    if quantity is not None and quantity.value is not None:
        number, unit = Decimal(repr(quantity.value)), (clean(quantity.code or quantity.unit) or "")[:_UNIT_MAX]
        if abs(number) >= _VALUE_BELOW:
            raise Left("the value is beyond what is kept")
        if quantity.comparator in (None, "<", ">"):
            return number, quantity.comparator or "", "", unit
        return None, "", f"{quantity.comparator}{number} {unit}".strip(), ""
    words = display(observation.value_codeable_concept) or clean(observation.value_string)
    if words is None:
        raise Left("its parts are not read" if observation.component else "it has no value")
    return None, "", words[:_WORDS_MAX], ""


def _interval(observation: Observation) -> tuple[Decimal | None, Decimal | None]:
    """The one interval that the laboratory gave; several depend on what is not told here."""
    if len(observation.reference_range) != 1:
        return None, None
    given = observation.reference_range[0]
    ends = [None if end is None or end.value is None else Decimal(repr(end.value)) for end in (given.low, given.high)]
    return ends[0], ends[1]


def _flag(
    observation: Observation, value: Decimal | None, comparator: str, low: Decimal | None, high: Decimal | None
) -> str | None:
    """What the laboratory said of it, else how it lies to the laboratory's own interval; never by an interval of here."""
    told = next(
        (terms.FLAGS[code] for each in observation.interpretation if (code := code_of(each)) in terms.FLAGS), None
    )
    if told or value is None or comparator or (low is None and high is None):
        return told
    if low is not None and value < low:
        return "L"
    return "H" if high is not None and value > high else "N"


def _decimals(value: Decimal | None) -> int:
    """As many as the source wrote, within what a table of results can hold."""
    exponent = 0 if value is None else value.normalize().as_tuple().exponent
    return min(_DECIMALS_MAX, max(0, -exponent)) if isinstance(exponent, int) else 0
