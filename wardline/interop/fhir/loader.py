"""Puts one translated bundle into the slices that own its parts, in one transaction, under each hospital's own scope."""

from collections import defaultdict
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from wardline.encounters import public as encounters
from wardline.identity import public as identity
from wardline.interop import queries
from wardline.interop.fhir.identify import IMPORTER, Directory
from wardline.interop.fhir.models import Translation
from wardline.lab import public as lab
from wardline.orders import public as orders
from wardline.patients import public as patients
from wardline.platform.clock import now
from wardline.platform.db import Db
from wardline.platform.ids import new_id
from wardline.vitals import public as vitals

# LOINC codes of creatinine in serum, plasma or blood, and how a unit of theirs becomes µmol/l.
CREATININE_CODES = frozenset({"2160-0", "14682-9", "38483-4", "77140-2"})
UMOL_PER_L_OF = {"umol/L": 1.0, "mg/dL": 88.4}

REGION = uuid5(NAMESPACE_URL, "https://wardline.example/interop/region")

Row = TypeVar(
    "Row",
    encounters.VisitRecord,
    encounters.ProblemRecord,
    encounters.ProcedureRecord,
    vitals.ObservationSetRecord,
    orders.MedicineRecord,
    lab.ReportRecord,
    lab.ResultRecord,
)


class Added(msgspec.Struct):
    """How many rows were new."""

    people: int = 0
    registrations: int = 0
    identifiers: int = 0
    contacts: int = 0
    allergies: int = 0
    encounters: int = 0
    problems: int = 0
    observation_sets: int = 0
    procedures: int = 0
    immunizations: int = 0
    medicines: int = 0
    laboratory_reports: int = 0
    laboratory_results: int = 0

    @property
    def total(self) -> int:
        return sum(getattr(self, field) for field in self.__struct_fields__)

    def add(self, other: "Added") -> None:
        for field in self.__struct_fields__:
            setattr(self, field, getattr(self, field) + getattr(other, field))


async def save(db: Db, brought: Translation, source: str, directory: Directory, entry_id: UUID) -> dict[UUID, Added]:
    """What was new at each hospital; of each type of resource it is noted in the bundle's report. Everything or, when it
    raises, nothing: the caller holds the transaction."""
    await _save_hospitals(db, brought, source, directory)
    same_person = await _save_staff(db, brought, source, directory)
    added: dict[UUID, Added] = defaultdict(Added)
    for hospital_id, people in _by_hospital(brought.people).items():
        await queries.enter_hospital(db, str(hospital_id))
        added[hospital_id].people = await patients.add_people(db, people)
        _stored(brought, "Patient", added[hospital_id].people)
    for hospital_id, registrations in _by_hospital(brought.registrations).items():
        await queries.enter_hospital(db, str(hospital_id))
        added[hospital_id].registrations = await patients.add_registrations(db, registrations)
        await _save_person_parts(db, brought, hospital_id, added[hospital_id])
        await _save_clinical_parts(db, brought, hospital_id, added[hospital_id], same_person)
        await queries.record(db, hospital_id, f"import-{entry_id}", [_audit_row(entry_id, added[hospital_id])])
    await queries.note_report(db, entry_id, brought.report)
    await _touch(db, brought, added)
    return added


async def _save_hospitals(db: Db, brought: Translation, source: str, directory: Directory) -> None:
    if directory.only_hospital is not None or not brought.hospitals:
        return
    region_id = await identity.ensure_region(db, REGION, "IMPORTED", "Imported")
    meant = {directory.hospital(reference) for hospital in brought.hospitals for reference in hospital.references}
    records = [hospital.record for hospital in brought.hospitals if hospital.record.id in meant]
    _stored(brought, "Organization", await identity.add_hospitals(db, region_id, records))
    known = [
        queries.KnownReference(reference, directory.hospital(reference), None)
        for hospital in brought.hospitals
        for reference in _lasting(hospital.references)
    ]
    await queries.remember_references(db, source, known)


async def _save_staff(db: Db, brought: Translation, source: str, directory: Directory) -> dict[UUID, UUID]:
    """Who of the bundle's staff was here before under another id."""
    if not brought.staff:
        return {}
    known = await identity.add_staff(db, [member.record for member in brought.staff])
    _stored(brought, "Practitioner", sum(item.is_new for item in known))
    same_person = {item.offered_id: item.id for item in known if item.id != item.offered_id}
    references: list[queries.KnownReference] = []
    for member in brought.staff:
        staff_id = same_person.get(member.record.id, member.record.id)
        directory.staff.update(dict.fromkeys(member.references, staff_id))
        references += [queries.KnownReference(reference, None, staff_id) for reference in _lasting(member.references)]
    await queries.remember_references(db, source, references)
    return same_person


async def _save_person_parts(db: Db, brought: Translation, hospital_id: UUID, added: Added) -> None:
    """What belongs to the people whom this hospital brought in."""
    own = {person.id for person in brought.people if person.hospital_id == hospital_id}
    added.identifiers = await patients.add_identifiers(db, [row for row in brought.identifiers if row.person_id in own])
    added.contacts = await patients.add_contacts(db, [row for row in brought.contacts if row.person_id in own])
    added.allergies = await patients.add_allergies(db, [row for row in brought.allergies if row.person_id in own])
    added.immunizations = await patients.add_immunizations(
        db, [row for row in brought.immunizations if row.person_id in own]
    )
    stated = [person_id for person_id in brought.without_allergies if person_id in own]
    denied = await patients.state_no_known_allergies(db, stated, now(), IMPORTER)
    _stored(brought, "AllergyIntolerance", added.allergies + denied)
    _stored(brought, "Immunization", added.immunizations)


async def _save_clinical_parts(
    db: Db, brought: Translation, hospital_id: UUID, added: Added, same_person: dict[UUID, UUID]
) -> None:
    replace = msgspec.structs.replace
    visits = [
        replace(visit, doctor_id=same_person.get(visit.doctor_id, visit.doctor_id)) if visit.doctor_id else visit
        for visit in _at(hospital_id, brought.visits)
    ]
    added.encounters = await encounters.add_visits(db, visits)
    added.problems = await encounters.add_problems(db, _at(hospital_id, brought.problems))
    procedures = [
        replace(each, performer_id=same_person.get(each.performer_id, each.performer_id)) if each.performer_id else each
        for each in _at(hospital_id, brought.procedures)
    ]
    added.procedures = await encounters.add_procedures(db, procedures)
    medicines = [
        replace(each, prescribed_by=same_person.get(each.prescribed_by, each.prescribed_by))
        for each in _at(hospital_id, brought.medicines)
    ]
    added.medicines = await orders.add_medicines(db, medicines)
    for kind, count in (
        ("Encounter", added.encounters),
        ("Condition", added.problems),
        ("Procedure", added.procedures),
        ("MedicationRequest", added.medicines),
    ):
        _stored(brought, kind, count)
    await _save_found(db, brought, hospital_id, added)


async def _save_found(db: Db, brought: Translation, hospital_id: UUID, added: Added) -> None:
    """What was measured: observation sets, laboratory reports and their results."""
    sets = await vitals.add_observation_sets(db, _at(hospital_id, brought.observation_sets))
    reports = await lab.add_reports(db, _at(hospital_id, brought.reports))
    results = await lab.add_results(db, _at(hospital_id, brought.results))
    await _save_creatinines(db, brought, hospital_id, set(results))
    added.observation_sets, added.laboratory_reports, added.laboratory_results = len(sets), len(reports), len(results)
    _stored(brought, "Observation", sum(brought.observations_of[each] for each in sets) + len(results))
    _stored(brought, "DiagnosticReport", len(brought.sent_reports.intersection(reports)))


async def _save_creatinines(db: Db, brought: Translation, hospital_id: UUID, new: set[UUID]) -> None:
    """Medicines are dosed by a creatinine of another laboratory too, and say that it was imported."""
    measured = [each for each in _at(hospital_id, brought.results) if each.id in new and each.loinc in CREATININE_CODES]
    await orders.add_creatinines(
        db,
        [
            orders.CreatinineRecord(
                id=new_id(), hospital_id=hospital_id, person_id=each.person_id, taken_at=each.taken_at, result_id=each.id,
                recorded_by=each.by, umol_per_l=float(each.value) * UMOL_PER_L_OF[each.unit],
            )
            for each in measured
            if each.value is not None and each.unit in UMOL_PER_L_OF
        ],
    )  # fmt: skip


def _stored(brought: Translation, kind: str, count: int) -> None:
    """Notes how many resources of a type were new here."""
    if count:
        brought.report.of(kind).stored += count


async def _touch(db: Db, brought: Translation, added: dict[UUID, Added]) -> None:
    changed = [hospital_id for hospital_id, counts in added.items() if counts.total]
    if changed:
        kinds = ("patient", "results", "medicines")
        topics = [f"{kind}:{person.id}" for person in brought.people for kind in kinds]
        topics += [f"{kind}:{each}" for each in changed for kind in ("beds", "hospital")]
        await queries.touch(db, sorted(topics))


def _audit_row(entry_id: UUID, added: Added) -> dict[str, Any]:
    return {
        "id": new_id(),
        "action": "bundle.imported",
        "subject_type": "import_file",
        "subject_id": entry_id,
        "detail": added,
    }


def _at(hospital_id: UUID, rows: list[Row]) -> list[Row]:
    return [row for row in rows if row.hospital_id == hospital_id]


Held = TypeVar("Held", patients.PersonRecord, patients.RegistrationRecord)


def _by_hospital(rows: list[Held]) -> dict[UUID, list[Held]]:
    """In one order for all imports, so that two of them at once never wait for each other in a circle."""
    groups: dict[UUID, list[Held]] = defaultdict(list)
    for row in rows:
        groups[row.hospital_id].append(row)
    return dict(sorted(groups.items()))


def _lasting(references: list[str]) -> list[str]:
    """A urn:uuid address means something within its own bundle only."""
    return [reference for reference in references if not reference.startswith("urn:")]
