"""What a bundle brings, in Wardline's words: the records that the slices take, and what became of every resource."""

from uuid import UUID

import msgspec

from wardline.encounters.public import ProblemRecord, ProcedureRecord, VisitRecord
from wardline.identity.public import HospitalRecord, StaffRecord
from wardline.lab.public import ReportRecord, ResultRecord
from wardline.orders.public import MedicineRecord
from wardline.patients.public import (
    AllergyRecord,
    ContactRecord,
    IdentifierRecord,
    ImmunizationRecord,
    PersonRecord,
    RegistrationRecord,
)
from wardline.vitals.public import ObservationSetRecord


class NamedHospital(msgspec.Struct, frozen=True):
    """A hospital, and all the ways in which other resources may refer to it."""

    record: HospitalRecord
    references: list[str]


class NamedStaff(msgspec.Struct, frozen=True):
    """A member of staff, and all the ways in which other resources may refer to them."""

    record: StaffRecord
    references: list[str]


class Tally(msgspec.Struct):
    """What became of the resources of one type. taken + all that was left = what the bundle held.

    Of those taken, `stored` are new here; all others were there already.
    """

    taken: int = 0
    stored: int = 0
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
            mine.stored += tally.stored
            for reason, count in tally.left.items():
                mine.left[reason] = mine.left.get(reason, 0) + count
            for text, count in tally.notes.items():
                mine.notes[text] = mine.notes.get(text, 0) + count


class Translation(msgspec.Struct):
    """Everything that one bundle brings. Registrations come in the order of the last visit.

    `observations_of` says how many Observations each observation set holds, `sent_reports` which reports were resources of
    their own: the others only hold together results that came without one.
    """

    hospitals: list[NamedHospital] = []
    staff: list[NamedStaff] = []
    people: list[PersonRecord] = []
    without_allergies: list[UUID] = []
    registrations: list[RegistrationRecord] = []
    identifiers: list[IdentifierRecord] = []
    contacts: list[ContactRecord] = []
    visits: list[VisitRecord] = []
    observation_sets: list[ObservationSetRecord] = []
    allergies: list[AllergyRecord] = []
    problems: list[ProblemRecord] = []
    procedures: list[ProcedureRecord] = []
    immunizations: list[ImmunizationRecord] = []
    medicines: list[MedicineRecord] = []
    reports: list[ReportRecord] = []
    results: list[ResultRecord] = []
    observations_of: dict[UUID, int] = {}
    sent_reports: set[UUID] = set()
    report: Report = msgspec.field(default_factory=Report)
