"""From typed FHIR resources to Wardline's own words. Pure: no clock, no database; the directory is passed in.

What is taken is counted, what is left is counted with its reason; only what contradicts itself (a reference to nothing,
a date that does not exist) raises Wrong, and then the whole bundle is refused.
"""

from collections import Counter, defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

from wardline.encounters.public import ProblemRecord, VisitRecord
from wardline.identity.public import HospitalRecord, StaffRecord
from wardline.interop.fhir import terms
from wardline.interop.fhir.bundle import Bundle, Entry
from wardline.interop.fhir.elements import (
    discharged_to,
    first_point,
    hospital_code,
    is_certain,
    references_to,
    severity_of,
    substance_of,
    taken_at_of,
)
from wardline.interop.fhir.errors import Wrong
from wardline.interop.fhir.history import bring_history
from wardline.interop.fhir.identify import Directory, Identity
from wardline.interop.fhir.models import NamedHospital, NamedStaff, Translation
from wardline.interop.fhir.resources import (
    AllergyIntolerance,
    Condition,
    Encounter,
    Observation,
    Organization,
    Patient,
    PatientContact,
    Practitioner,
)
from wardline.interop.fhir.results import bring_results
from wardline.interop.fhir.vital_signs import Left, values_of
from wardline.interop.fhir.words import (
    best_name,
    calm,
    clean,
    code_of,
    day,
    display,
    first_coding,
    maybe_day,
    maybe_moment,
    moment,
    numbers,
)
from wardline.interop.fhir.work import Work, is_laboratory
from wardline.patients.public import (
    AllergyRecord,
    ContactRecord,
    IdentifierRecord,
    PersonRecord,
    RegistrationRecord,
)
from wardline.vitals.public import ObservationSetRecord


def translate(bundle: Bundle, identity: Identity, directory: Directory) -> Translation:
    """Everything the bundle brings. The directory learns the bundle's own hospitals and staff."""
    return _Translator(bundle, identity, directory).translate()


class _Translator(Work):
    """One bundle's work: resources are translated in the order in which they refer to each other."""

    def translate(self) -> Translation:
        for entry, organization in self.bundle.of(Organization):
            self._hospital(entry, organization)
        for entry, practitioner in self.bundle.of(Practitioner):
            self._staff(entry, practitioner)
        for entry, encounter in self.bundle.of(Encounter):
            self._visit(entry, encounter)
        self._registrations()
        for entry, patient in self.bundle.of(Patient):
            self._person(entry, patient)
        self._observation_sets()
        for entry, allergy in self.bundle.of(AllergyIntolerance):
            self._allergy(entry, allergy)
        for entry, condition in self.bundle.of(Condition):
            self._problem(entry, condition)
        bring_history(self)
        bring_results(self)
        self.leave_other_types()
        return self.result

    # Hospitals and staff

    def _hospital(self, entry: Entry, organization: Organization) -> None:
        hospital_id = self.identity.of("Organization", organization.id)
        name = calm(clean(organization.name) or f"Organization {organization.id}")
        record = HospitalRecord(id=hospital_id, code=hospital_code(name, hospital_id), name=name[:200])
        references = references_to(entry, organization.identifier)
        self.result.hospitals.append(NamedHospital(record, references))
        self.directory.learn_hospital(references, hospital_id)
        self.take(entry)

    def _staff(self, entry: Entry, practitioner: Practitioner) -> None:
        name = best_name(practitioner.name)
        record = StaffRecord(
            id=self.identity.of("Practitioner", practitioner.id),
            family=(clean(name.family or name.text) if name else None) or "Unnamed",
            given=(clean(" ".join(name.given)) if name else None) or "",
            title=(clean(" ".join(name.prefix)) if name else None) or "",
            external_identifier=next((f"{system}|{value}" for system, value in numbers(practitioner.identifier)), None),
            active=practitioner.active is not False,
        )
        references = references_to(entry, practitioner.identifier)
        self.result.staff.append(NamedStaff(record, references))
        self.directory.learn_staff(references, record.id)
        self.take(entry)

    # People

    def _person(self, entry: Entry, patient: Patient) -> None:
        person_id = self.person_id(patient.id)
        if person_id not in self.hospital_of_person and not self._register_where_managed(entry, patient, person_id):
            raise Wrong(
                "neither a visit nor a managing organization says which hospital knows this patient", entry.path
            )
        person = self._person_record(entry, patient, person_id)
        if person.deceased_on and person.born_on and person.deceased_on < person.born_on:
            raise Wrong("died before birth", (*entry.path, "deceasedDateTime"))
        if patient.deceased_boolean and person.deceased_on is None:
            self.result.report.of("Patient").note("has died, but the source does not say when")
        self.result.people.append(person)
        self.result.identifiers += [IdentifierRecord(person_id, *number) for number in numbers(patient.identifier)]
        self.result.contacts += [
            self._contact(patient, person_id, at, contact) for at, contact in enumerate(patient.contact)
        ]
        if self._states_no_allergy(entry):
            self.result.without_allergies.append(person_id)
        self.take(entry)

    def _person_record(self, entry: Entry, patient: Patient, person_id: UUID) -> PersonRecord:
        name, home = best_name(patient.name), next(iter(patient.address), None)
        return PersonRecord(
            id=person_id,
            hospital_id=self.hospital_of_person[person_id],
            family=((clean(name.family or name.text) if name else None) or "Unknown")[:200],
            given=((clean(" ".join(name.given)) if name else None) or "")[:200],
            title=(clean(" ".join(name.prefix)) if name else None) or "",
            sex=patient.gender if patient.gender in ("female", "male", "other") else "unknown",
            born_on=maybe_day(patient.birth_date, (*entry.path, "birthDate")),
            born_estimated=patient.birth_date is not None and len(patient.birth_date) < 10,
            deceased_on=maybe_day(patient.deceased_date_time, (*entry.path, "deceasedDateTime")),
            mobile=first_point(patient.telecom, "phone"),
            email=first_point(patient.telecom, "email"),
            address=", ".join(line for line in map(clean, home.line) if line) if home else "",
            town=", ".join(part for part in (clean(home.city), clean(home.state)) if part) if home else "",
            postcode=(clean(home.postal_code) if home else None) or "",
        )

    def _register_where_managed(self, entry: Entry, patient: Patient, person_id: UUID) -> bool:
        hospital_id = self.hospital_meant(patient.managing_organization, (*entry.path, "managingOrganization"))
        if hospital_id is None:
            return False
        self.hospital_of_person[person_id] = hospital_id
        self.result.registrations.append(RegistrationRecord(hospital_id, person_id, None))
        return True

    def _contact(self, patient: Patient, person_id: UUID, at: int, contact: PatientContact) -> ContactRecord:
        name = contact.name
        words = clean(name.text or " ".join([*name.given, name.family or ""])) if name else None
        return ContactRecord(
            id=self.identity.of("Patient", patient.id, "contact", str(at)),
            person_id=person_id,
            name=words or "Unnamed",
            relation=next(
                (word for concept in contact.relationship if (word := display(concept))),
                "",
            ),
            phone=first_point(contact.telecom, "phone"),
        )

    def _states_no_allergy(self, entry: Entry) -> bool:
        return any(
            self.entry(allergy.patient, "Patient", (*at.path, "patient", "reference")) is entry
            and first_coding(allergy.code).code in terms.NO_KNOWN_ALLERGY
            and is_certain(allergy)
            for at, allergy in self.bundle.of(AllergyIntolerance)
        )

    def _registrations(self) -> None:
        """Known at each hospital visited; the one visited last speaks for what belongs to no visit."""
        times: dict[tuple[UUID, UUID], list[datetime]] = defaultdict(list)
        for visit in self.visits.values():
            times[visit.hospital_id, visit.person_id].append(visit.started_at)
        for (hospital_id, person_id), starts in sorted(times.items(), key=lambda item: max(item[1])):
            self.hospital_of_person[person_id] = hospital_id
            self.result.registrations.append(RegistrationRecord(hospital_id, person_id, max(starts)))

    # Visits and what belongs to them

    def _visit(self, entry: Entry, encounter: Encounter) -> None:
        visit_class = terms.VISIT_CLASSES.get(encounter.class_.code or "")
        state = terms.VISIT_STATES.get(encounter.status)
        started = encounter.period.start if encounter.period else None
        if encounter.subject is None:
            return self.leave(entry, "it names no patient")
        subject = self.entry(encounter.subject, "Patient", (*entry.path, "subject", "reference"))
        if visit_class is None:
            return self.leave(entry, f"visits of class {encounter.class_.code} are not kept")
        if state is None:
            return self.leave(entry, f"status is {encounter.status}")
        if started is None:
            return self.leave(entry, "it has no beginning")
        hospital_id = self.hospital_meant(encounter.service_provider, (*entry.path, "serviceProvider"))
        if hospital_id is None:
            return self.leave(entry, "no hospital is named")
        started_at = moment(started, (*entry.path, "period", "start"))
        visit = VisitRecord(
            id=self.identity.of("Encounter", encounter.id),
            hospital_id=hospital_id,
            person_id=self.person_id(subject.id or ""),
            visit_class=visit_class,
            state=state,
            started_at=started_at,
            ended_at=self._visit_end(entry, encounter, state, started_at),
            reason=next(
                (word for concept in (*encounter.reason_code, *encounter.type) if (word := display(concept))),
                "",
            ),
            doctor_id=self._doctor(entry, encounter),
            discharged_to=discharged_to(encounter),
        )
        self.visits[encounter.id] = visit
        self.result.visits.append(visit)
        return self.take(entry)

    def _visit_end(
        self,
        entry: Entry,
        encounter: Encounter,
        state: str,
        started_at: datetime,
    ) -> datetime | None:
        if state != "finished":
            return None
        path = (*entry.path, "period", "end")
        ended_at = maybe_moment(encounter.period.end if encounter.period else None, path)
        if ended_at is None:
            self.result.report.of("Encounter").note("finished without an end: the beginning stands for it")
            return started_at
        if ended_at < started_at:
            raise Wrong("the visit ends before it begins", path)
        return ended_at

    def _doctor(self, entry: Entry, encounter: Encounter) -> UUID | None:
        """The first participant who is a practitioner; relatives and roles may take part too, and are passed over."""
        for number, participant in enumerate(encounter.participant):
            reference = (participant.individual.reference if participant.individual else None) or ""
            inside = self.bundle.by_reference.get(reference)
            if not reference or reference.startswith(("RelatedPerson", "PractitionerRole")):
                continue
            if inside is not None and inside.kind != "Practitioner":
                continue
            found = self.directory.staff.get(reference)
            if found is None:
                path = (*entry.path, "participant", number, "individual", "reference")
                raise Wrong("refers to a Practitioner that is in no bundle imported so far", path)
            return found
        return None

    def _observation_sets(self) -> None:
        sets: dict[tuple[str, datetime], dict[str, Any]] = defaultdict(dict)
        observations: Counter[tuple[str, datetime]] = Counter()
        for entry, observation in self.bundle.of(Observation):
            if is_laboratory(observation.category):
                continue
            try:
                observations[self._observe(sets, entry, observation)] += 1
            except Left as left:
                self.leave(entry, str(left))
            else:
                self.take(entry)
        for (encounter_id, taken_at), values in sets.items():
            visit = self.visits[encounter_id]
            set_id = self.identity.of("Encounter", encounter_id, "observations", taken_at.isoformat())
            self.result.observations_of[set_id] = observations[encounter_id, taken_at]
            self.result.observation_sets.append(
                ObservationSetRecord(
                    id=set_id,
                    hospital_id=visit.hospital_id,
                    person_id=visit.person_id,
                    encounter_id=visit.id,
                    taken_at=taken_at,
                    **values,
                )
            )

    def _observe(
        self,
        sets: dict[tuple[str, datetime], dict[str, Any]],
        entry: Entry,
        observation: Observation,
    ) -> tuple[str, datetime]:
        """Puts the values into their set. Raises Left when there is nothing to put or nowhere to put it."""
        person_id = self.subject_of(entry, observation.subject)
        values = dict(values_of(observation))
        if observation.encounter is None:
            raise Left("it belongs to no visit")
        encounter = self.entry(observation.encounter, "Encounter", (*entry.path, "encounter", "reference"))
        if encounter.id not in self.visits:
            raise Left("its visit was left")
        self.require_own_visit(entry, self.visits[encounter.id], person_id)
        taken_at = taken_at_of(entry, observation)
        if taken_at is None:
            raise Left("it does not say when it was taken")
        if values.get("diastolic_mmhg", 0) > values.get("systolic_mmhg", 1000):
            raise Left("diastolic pressure above systolic")
        key = (encounter.id or "", taken_at)
        own = sets[key]
        if own.keys() & values.keys():
            raise Left("the same sign was already taken at that moment")
        own.update(values)
        return key

    # Allergies and problems

    def _allergy(self, entry: Entry, allergy: AllergyIntolerance) -> None:
        patient = self.entry(allergy.patient, "Patient", (*entry.path, "patient", "reference"))
        coding, substance = first_coding(allergy.code), substance_of(allergy)
        if coding.code in terms.NO_KNOWN_ALLERGY:
            return self.take(entry) if is_certain(allergy) else self.leave(entry, "it was withdrawn")
        if not is_certain(allergy):
            return self.leave(entry, f"verification is {code_of(allergy.verification_status)}")
        if substance is None:
            return self.leave(entry, "no substance is named")
        person_id = self.person_id(patient.id or "")
        noted = allergy.onset_date_time or allergy.recorded_date
        self.result.allergies.append(
            AllergyRecord(
                id=self.identity.of("AllergyIntolerance", allergy.id),
                hospital_id=self.hospital_of_person[person_id],
                person_id=person_id,
                substance=substance,
                code_system=terms.CODE_SYSTEMS.get(coding.system or "", coding.system),
                code=coding.code,
                category=next(
                    (terms.ALLERGY_CATEGORIES.get(word, "other") for word in allergy.category),
                    "other",
                ),
                reaction=", ".join(
                    word for reaction in allergy.reaction for item in reaction.manifestation if (word := display(item))
                ),
                severity=severity_of(allergy),
                state="active" if (code_of(allergy.clinical_status) or "active") == "active" else "resolved",
                noted_on=None if noted is None else day(noted, (*entry.path, "recordedDate")),
            )
        )
        return self.take(entry)

    def _problem(self, entry: Entry, condition: Condition) -> None:
        patient = self.entry(condition.subject, "Patient", (*entry.path, "subject", "reference"))
        coding, words = first_coding(condition.code), display(condition.code)
        verification = terms.VERIFICATIONS.get(code_of(condition.verification_status) or "confirmed")
        state = terms.PROBLEM_STATES.get(code_of(condition.clinical_status) or "active")
        if words is None:
            return self.leave(entry, "no diagnosis is named")
        if verification is None or state is None:
            return self.leave(entry, "it was entered in error, or its status is not known")
        visit = self.visit_of(entry, condition.encounter)
        person_id = self.person_id(patient.id or "")
        if visit is not None:
            self.require_own_visit(entry, visit, person_id)
        self.result.problems.append(
            ProblemRecord(
                id=self.identity.of("Condition", condition.id),
                hospital_id=visit.hospital_id if visit else self.hospital_of_person[person_id],
                person_id=person_id,
                encounter_id=visit.id if visit else None,
                display=words,
                code_system=terms.CODE_SYSTEMS.get(coding.system or "", coding.system),
                code=coding.code,
                state=state,
                verification=verification,
                onset_on=maybe_day(condition.onset_date_time, (*entry.path, "onsetDateTime")),
                abated_on=maybe_day(condition.abatement_date_time, (*entry.path, "abatementDateTime")),
            )
        )
        return self.take(entry)
