"""Medicines, procedures and immunizations of the past, in Wardline's own words. Pure but for the drug table, read once."""

import re
from decimal import Decimal

from wardline.encounters.public import ProcedureRecord
from wardline.interop.fhir import terms
from wardline.interop.fhir.bundle import Entry
from wardline.interop.fhir.identify import IMPORTER
from wardline.interop.fhir.resources import (
    CodeableConcept,
    Dosage,
    Immunization,
    Medication,
    MedicationRequest,
    Procedure,
    Quantity,
)
from wardline.interop.fhir.vital_signs import Left
from wardline.interop.fhir.words import clean, code_of, day, display, moment
from wardline.interop.fhir.work import Work
from wardline.orders.public import WEEKDAYS, MedicineRecord, Said, current, line_heard, line_text
from wardline.patients.public import ImmunizationRecord

_NAME_MAX, _TEXT_MAX = 300, 1000
_CVX = "http://hl7.org/fhir/sid/cvx"
_HOURS_OF = {"h": 1, "d": 24, "wk": 168}
_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d(?=:|$)")


def bring_history(work: Work) -> None:
    """Adds what was prescribed, done and given to what the bundle brings."""
    for entry, request in work.bundle.of(MedicationRequest):
        try:
            work.result.medicines.append(_medicine(work, entry, request))
            work.take(entry)
        except Left as left:
            work.leave(entry, str(left))
    for entry, procedure in work.bundle.of(Procedure):
        try:
            work.result.procedures.append(_procedure(work, entry, procedure))
            work.take(entry)
        except Left as left:
            work.leave(entry, str(left))
    for entry, immunization in work.bundle.of(Immunization):
        try:
            work.result.immunizations.append(_immunization(work, entry, immunization))
            work.take(entry)
        except Left as left:
            work.leave(entry, str(left))


# --- medicines -----------------------------------------------------------------------------------------------------------
def _medicine(work: Work, entry: Entry, request: MedicationRequest) -> MedicineRecord:
    state = terms.MEDICINE_STATES.get(request.status)
    if state is None:
        raise Left(f"status is {request.status}")
    if request.intent in ("proposal", "plan", "option"):
        raise Left(f"intent is {request.intent}: it was never an order")
    product = display(request.medication_codeable_concept) or _referred(work, entry, request)
    if product is None:
        raise Left("no medicine is named")
    if request.authored_on is None:
        raise Left("it does not say when it was prescribed")
    person_id = work.subject_of(entry, request.subject)
    visit = work.own_visit(entry, request.encounter, person_id)
    if visit is None:
        raise Left("it belongs to no visit that was taken")
    prescriber = work.directory.staff.get((request.requester.reference if request.requester else None) or "")
    prescribed_by = prescriber or visit.doctor_id
    if prescribed_by is None:
        raise Left("nobody is known who prescribed it")
    rules = current()
    line = line_heard(said(product, request.dosage_instruction), rules.table if rules else None)
    return MedicineRecord(
        id=work.identity.of("MedicationRequest", request.id),
        step_id=work.identity.of("MedicationRequest", request.id, "prescribed"),
        hospital_id=visit.hospital_id,
        person_id=person_id,
        encounter_id=visit.id,
        name=line.name[:_NAME_MAX],
        kind=line.kind,
        route=line.route,
        text=line_text(line)[:_TEXT_MAX],
        line=line,
        state=state,
        state_reason=_why(request, state),
        prescribed_at=moment(request.authored_on, (*entry.path, "authoredOn")),
        prescribed_by=prescribed_by,
        recorded_by=IMPORTER,
    )


def _referred(work: Work, entry: Entry, request: MedicationRequest) -> str | None:
    """The medicine of a resource of its own, in the bundle or contained."""
    if request.medication_reference is None:
        return None
    inside = work.bundle.by_reference.get(request.medication_reference.reference or "")
    if inside is not None and isinstance(inside.resource, Medication):
        return display(inside.resource.code)
    return clean(request.medication_reference.display)


def _why(request: MedicationRequest, state: str) -> str:
    told = display(request.status_reason)
    if state == "active" or told:
        return told or ""
    return f"{terms.MEDICINE_ENDS.get(request.status, 'Stopped')} at the source, which does not say when or why."


def said(product: str, instructions: list[Dosage]) -> Said:
    """The first instruction in plain numbers; an order of several steps keeps its product only."""
    if len(instructions) != 1:
        return Said(product=product)
    dosage = instructions[0]
    quantity = next((each.dose_quantity for each in dosage.dose_and_rate if each.dose_quantity), None)
    times, hours = _often(dosage)
    repeat = dosage.timing.repeat if dosage.timing else None
    return Said(
        product=product,
        dose=Decimal(repr(quantity.value)) if quantity and quantity.value and not quantity.comparator else None,
        unit=(quantity.code or quantity.unit or "") if quantity else "",
        times_per_day=times,
        every_hours=hours,
        weekdays=tuple(day for day in WEEKDAYS if repeat and day in repeat.day_of_week),
        clocks=_clocks(repeat.time_of_day, times, hours) if repeat else (),
        as_needed=bool(dosage.as_needed_boolean) or dosage.as_needed_codeable_concept is not None,
        reason=display(dosage.as_needed_codeable_concept) or "",
        route=_route(dosage.route),
        days=_days(dosage),
    )


def _often(dosage: Dosage) -> tuple[int | None, int | None]:
    """Times a day, also on named days of the week, or every so many hours; neither where it is something else."""
    repeat = dosage.timing.repeat if dosage.timing else None
    if repeat is None or not repeat.frequency or not repeat.period or repeat.period_unit not in _HOURS_OF:
        return None, None
    hours = repeat.period * _HOURS_OF[repeat.period_unit]
    if repeat.period_unit == "d" and repeat.period == 1:
        return repeat.frequency, None
    if repeat.period_unit == "wk" and repeat.period == 1 and 1 < repeat.frequency == len(repeat.day_of_week):
        return 1, None
    each = hours / repeat.frequency
    if repeat.day_of_week and (len(repeat.day_of_week) > 1 or each % _HOURS_OF["wk"]):
        return None, None  # "once a week on Monday and Thursday" says two things
    return (None, int(each)) if each == int(each) and each >= 1 else (None, None)


def _clocks(told: list[str], times: int | None, hours: int | None) -> tuple[str, ...]:
    """The times of the day; none where they are not as many as how often says."""
    clocks = tuple(sorted({found[0] for found in map(_CLOCK.match, told) if found}))
    wanted = times or (len(told) if hours is None else 1 if hours % _HOURS_OF["d"] == 0 else 0)
    return clocks if len(clocks) == len(told) == wanted else ()


def _days(dosage: Dosage) -> int | None:
    repeat = dosage.timing.repeat if dosage.timing else None
    bounds: Quantity | None = repeat.bounds_duration if repeat else None
    if bounds is None or not bounds.value or (bounds.code or bounds.unit) not in ("d", "day", "days"):
        return None
    return int(bounds.value) if bounds.value == int(bounds.value) else None


def _route(route: CodeableConcept | None) -> str:
    return terms.ROUTES.get(code_of(route) or "") or (display(route) or "").lower().removesuffix(" route")


# --- procedures ----------------------------------------------------------------------------------------------------------
def _procedure(work: Work, entry: Entry, procedure: Procedure) -> ProcedureRecord:
    if procedure.status != "completed":
        raise Left(f"status is {procedure.status}")
    words = display(procedure.code)
    if words is None or len(words) < 2:
        raise Left("no procedure is named")
    performed = procedure.performed_date_time or (
        procedure.performed_period.start if procedure.performed_period else None
    )
    if performed is None:
        raise Left("it does not say when it was done")
    person_id = work.subject_of(entry, procedure.subject)
    visit = work.own_visit(entry, procedure.encounter, person_id)
    performer = next((each.actor for each in procedure.performer if each.actor), None)
    performer_id = work.directory.staff.get((performer.reference if performer else None) or "")
    code_system, code = _procedure_code(procedure)
    return ProcedureRecord(
        id=work.identity.of("Procedure", procedure.id),
        hospital_id=visit.hospital_id if visit else work.hospital_of_person[person_id],
        person_id=person_id,
        encounter_id=visit.id if visit else None,
        display=words[:_NAME_MAX],
        code_system=code_system,
        code=code,
        performed_on=day(performed, (*entry.path, "performedDateTime")),
        performer_id=performer_id,
        performer=""
        if performer_id
        else ((clean(performer.display) if performer else None) or "not told by the source")[:200],
        site=", ".join(word for site in procedure.body_site if (word := display(site)))[:200],
    )


def _procedure_code(procedure: Procedure) -> tuple[str | None, str | None]:
    """The first code of a system that the table takes; words only where there is none."""
    codings = procedure.code.coding if procedure.code else []
    for coding in codings:
        system = terms.PROCEDURE_SYSTEMS.get(coding.system or "")
        if system and coding.code and terms.PROCEDURE_CODES[system].fullmatch(coding.code):
            return system, coding.code
    return None, None


# --- immunizations -------------------------------------------------------------------------------------------------------
def _immunization(work: Work, entry: Entry, immunization: Immunization) -> ImmunizationRecord:
    if immunization.status != "completed":
        raise Left(f"status is {immunization.status}")
    vaccine = display(immunization.vaccine_code)
    if vaccine is None:
        raise Left("no vaccine is named")
    if immunization.occurrence_date_time is None:
        raise Left("it does not say when it was given")
    person_id = work.subject_of(entry, immunization.patient, "patient")
    visit = work.own_visit(entry, immunization.encounter, person_id)
    cvx = next((coding.code for coding in immunization.vaccine_code.coding if coding.system == _CVX), None)
    return ImmunizationRecord(
        id=work.identity.of("Immunization", immunization.id),
        hospital_id=visit.hospital_id if visit else work.hospital_of_person[person_id],
        person_id=person_id,
        vaccine=vaccine[:_NAME_MAX],
        cvx=cvx if cvx and terms.CVX.fullmatch(cvx) else None,
        given_on=day(immunization.occurrence_date_time, (*entry.path, "occurrenceDateTime")),
        lot=(clean(immunization.lot_number) or "")[:40],
    )
