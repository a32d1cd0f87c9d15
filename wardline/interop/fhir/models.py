"""What a bundle says, in Wardline's words: no FHIR below this line. All ids are final, see `identify`."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import msgspec


class VisitClass(StrEnum):
    OUTPATIENT = "outpatient"
    DAY_CASE = "day_case"
    EMERGENCY = "emergency"
    INPATIENT = "inpatient"


class VisitState(StrEnum):
    IN_PROGRESS = "in_progress"
    FINISHED = "finished"


class ImportedIdentifier(msgspec.Struct, frozen=True):
    """`kind` is a word such as national_id, mrn, passport, driving_licence, professional or other."""

    kind: str
    system: str
    value: str


class ImportedHospital(msgspec.Struct, frozen=True):
    """`references` are all the ways in which other resources may name it."""

    id: UUID
    references: list[str]
    code: str
    name: str


class ImportedStaff(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    references: list[str]
    family: str
    given: str
    title: str
    external_identifier: str | None
    active: bool = True


class ImportedContact(msgspec.Struct, frozen=True):
    """Somebody close to the patient, to be told."""

    id: UUID
    name: str
    relation: str
    phone: str


class ImportedPerson(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    family: str
    given: str
    title: str
    sex: str
    born_on: date | None
    born_estimated: bool
    deceased_on: date | None
    mobile: str
    email: str
    address: str
    town: str
    postcode: str
    identifiers: list[ImportedIdentifier]
    contacts: list[ImportedContact]
    no_known_allergy: bool = False


class ImportedRegistration(msgspec.Struct, frozen=True):
    """The person is known at this hospital since the first visit there."""

    hospital_id: UUID
    person_id: UUID
    first_visit_at: datetime | None
    last_visit_at: datetime | None


class ImportedVisit(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    hospital_id: UUID
    person_id: UUID
    visit_class: VisitClass
    state: VisitState
    started_at: datetime
    ended_at: datetime | None
    reason: str
    doctor_id: UUID | None
    discharged_to: str | None


class ImportedObservationSet(msgspec.Struct, frozen=True, kw_only=True):
    """All vital signs taken at one moment of one visit. What was not measured is None, never zero."""

    id: UUID
    hospital_id: UUID
    person_id: UUID
    visit_id: UUID
    taken_at: datetime
    respiration_per_min: int | None = None
    spo2_percent: int | None = None
    systolic_mmhg: int | None = None
    diastolic_mmhg: int | None = None
    pulse_per_min: int | None = None
    temperature_celsius: Decimal | None = None


class ImportedAllergy(msgspec.Struct, frozen=True, kw_only=True):
    """`hospital_id` is where it was recorded, as far as that can be told."""

    id: UUID
    hospital_id: UUID
    person_id: UUID
    substance: str
    code_system: str | None
    code: str | None
    category: str
    reaction: str
    severity: str
    state: str
    noted_on: date | None


class ImportedProblem(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    hospital_id: UUID
    person_id: UUID
    visit_id: UUID | None
    display: str
    code_system: str | None
    code: str | None
    state: str
    verification: str
    onset_on: date | None
    abated_on: date | None


class Tally(msgspec.Struct):
    """What became of the resources of one type. taken + all that was left = what the bundle held."""

    taken: int = 0
    left: dict[str, int] = {}
    notes: dict[str, int] = {}

    def leave(self, reason: str) -> None:
        self.left[reason] = self.left.get(reason, 0) + 1

    def note(self, text: str) -> None:
        self.notes[text] = self.notes.get(text, 0) + 1

    @property
    def total(self) -> int:
        return self.taken + sum(self.left.values())


class Report(msgspec.Struct):
    """Taken, left and why, by resource type."""

    by_type: dict[str, Tally] = {}

    def of(self, kind: str) -> Tally:
        return self.by_type.setdefault(kind, Tally())

    def add(self, other: "Report") -> None:
        for kind, tally in other.by_type.items():
            mine = self.of(kind)
            mine.taken += tally.taken
            for reason, count in tally.left.items():
                mine.left[reason] = mine.left.get(reason, 0) + count
            for text, count in tally.notes.items():
                mine.notes[text] = mine.notes.get(text, 0) + count


class Translation(msgspec.Struct):
    """Everything that one bundle brings."""

    hospitals: list[ImportedHospital] = []
    staff: list[ImportedStaff] = []
    people: list[ImportedPerson] = []
    registrations: list[ImportedRegistration] = []
    visits: list[ImportedVisit] = []
    observation_sets: list[ImportedObservationSet] = []
    allergies: list[ImportedAllergy] = []
    problems: list[ImportedProblem] = []
    report: Report = msgspec.field(default_factory=Report)
