"""Puts one translated bundle into the slices that own its parts, in one transaction, under each hospital's own scope."""

from collections import defaultdict
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from wardline.encounters import public as encounters
from wardline.identity import public as identity
from wardline.interop import queries
from wardline.interop.fhir.identify import Directory
from wardline.interop.fhir.models import Translation
from wardline.patients import public as patients
from wardline.platform.clock import now
from wardline.platform.db import Db
from wardline.platform.ids import new_id
from wardline.vitals import public as vitals

# Stands where a person's id is asked for: nobody in particular said it, an import did.
IMPORTER = uuid5(NAMESPACE_URL, "https://wardline.example/interop/importer")
REGION = uuid5(NAMESPACE_URL, "https://wardline.example/interop/region")

Row = TypeVar("Row", encounters.VisitRecord, encounters.ProblemRecord, vitals.ObservationSetRecord)


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

    @property
    def total(self) -> int:
        return sum(getattr(self, field) for field in self.__struct_fields__)

    def add(self, other: "Added") -> None:
        for field in self.__struct_fields__:
            setattr(self, field, getattr(self, field) + getattr(other, field))


async def save(db: Db, brought: Translation, source: str, directory: Directory, entry_id: UUID) -> dict[UUID, Added]:
    """What was new at each hospital. Everything or, when it raises, nothing: the caller holds the transaction."""
    await _save_hospitals(db, brought, source, directory)
    same_person = await _save_staff(db, brought, source, directory)
    added: dict[UUID, Added] = defaultdict(Added)
    for hospital_id, people in _by_hospital(brought.people).items():
        await queries.enter_hospital(db, str(hospital_id))
        added[hospital_id].people = await patients.add_people(db, people)
    for hospital_id, registrations in _by_hospital(brought.registrations).items():
        await queries.enter_hospital(db, str(hospital_id))
        added[hospital_id].registrations = await patients.add_registrations(db, registrations)
        await _save_person_parts(db, brought, hospital_id, added[hospital_id])
        await _save_clinical_parts(db, brought, hospital_id, added[hospital_id], same_person)
        await queries.record(db, hospital_id, f"import-{entry_id}", [_audit_row(entry_id, added[hospital_id])])
    await _touch(db, brought, added)
    return added


async def _save_hospitals(db: Db, brought: Translation, source: str, directory: Directory) -> None:
    if directory.only_hospital is not None or not brought.hospitals:
        return
    region_id = await identity.ensure_region(db, REGION, "IMPORTED", "Imported")
    meant = {directory.hospital(reference) for hospital in brought.hospitals for reference in hospital.references}
    records = [hospital.record for hospital in brought.hospitals if hospital.record.id in meant]
    await identity.add_hospitals(db, region_id, records)
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
    stated = [person_id for person_id in brought.without_allergies if person_id in own]
    await patients.state_no_known_allergies(db, stated, now(), IMPORTER)


async def _save_clinical_parts(
    db: Db, brought: Translation, hospital_id: UUID, added: Added, same_person: dict[UUID, UUID]
) -> None:
    visits = [
        msgspec.structs.replace(visit, doctor_id=same_person[visit.doctor_id])
        if visit.doctor_id and visit.doctor_id in same_person
        else visit
        for visit in _at(hospital_id, brought.visits)
    ]
    added.encounters = await encounters.add_visits(db, visits)
    added.observation_sets = await vitals.add_observation_sets(db, _at(hospital_id, brought.observation_sets))
    added.problems = await encounters.add_problems(db, _at(hospital_id, brought.problems))


async def _touch(db: Db, brought: Translation, added: dict[UUID, Added]) -> None:
    changed = [hospital_id for hospital_id, counts in added.items() if counts.total]
    if changed:
        topics = [f"patient:{person.id}" for person in brought.people] + [f"hospital:{each}" for each in changed]
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
