"""One bundle's work in progress, and the steps that every kind of resource needs."""

from uuid import UUID

from wardline.encounters.public import VisitRecord
from wardline.interop.fhir.bundle import Bundle, Entry
from wardline.interop.fhir.errors import Path, Wrong
from wardline.interop.fhir.identify import Directory, Identity
from wardline.interop.fhir.models import Translation
from wardline.interop.fhir.resources import TAKEN_TYPES, CodeableConcept, Reference
from wardline.interop.fhir.vital_signs import Left

LABORATORY = ("laboratory", "LAB")
READ = frozenset({
    "Organization", "Practitioner", "Patient", "Encounter", "Observation", "AllergyIntolerance", "Condition",
    "DiagnosticReport", "MedicationRequest", "Procedure", "Immunization",
})  # fmt: skip
WHY_NOT = {
    "CarePlan": "care plans have no place here yet",
    "CareTeam": "care plans have no place here yet",
    "Goal": "care plans have no place here yet",
    "Claim": "bills are not imported",
    "ExplanationOfBenefit": "bills are not imported",
    "ImagingStudy": "images are not imported",
}


def is_laboratory(categories: list[CodeableConcept]) -> bool:
    """Whether any of these says that a laboratory found it."""
    return any(coding.code in LABORATORY for category in categories for coding in category.coding)


class Work:
    """What is known of the bundle so far. What is taken is counted, what is left is counted with its reason."""

    def __init__(self, bundle: Bundle, identity: Identity, directory: Directory) -> None:
        self.bundle = bundle
        self.identity = identity
        self.directory = directory
        self.result = Translation()
        self.visits: dict[str, VisitRecord] = {}
        self.hospital_of_person: dict[UUID, UUID] = {}

    def person_id(self, patient_id: str) -> UUID:
        """The id of whoever the source calls so."""
        return self.identity.of("Patient", patient_id)

    def visit_of(self, entry: Entry, reference: Reference | None) -> VisitRecord | None:
        """The visit that is meant; None when none is named or it was left."""
        if reference is None or reference.reference is None:
            return None
        found = self.entry(reference, "Encounter", (*entry.path, "encounter", "reference"))
        return self.visits.get(found.id or "")

    def require_own_visit(self, entry: Entry, visit: VisitRecord, person_id: UUID) -> None:
        """Raises Wrong when the visit is another patient's."""
        if visit.person_id != person_id:
            raise Wrong("belongs to one patient, its visit to another", (*entry.path, "encounter", "reference"))

    def entry(self, reference: Reference | None, kind: str, path: Path) -> Entry:
        """The entry of this bundle that is meant."""
        found = self.bundle.by_reference.get((reference.reference if reference else None) or "")
        if found is None or found.kind != kind:
            raise Wrong(f"refers to a {kind} that is not in this bundle", path)
        return found

    def hospital_meant(self, reference: Reference | None, path: Path) -> UUID | None:
        """None when the source names no organization and none was chosen for it."""
        if reference is None or reference.reference is None:
            return self.directory.only_hospital
        found = self.directory.hospital(reference.reference)
        if found is None:
            raise Wrong("refers to an Organization that is in no bundle imported so far", (*path, "reference"))
        return found

    def take(self, entry: Entry) -> None:
        """Counts the resource as taken."""
        self.result.report.of(entry.kind).taken += 1

    def leave(self, entry: Entry, reason: str) -> None:
        """Counts the resource as left, with the reason."""
        self.result.report.of(entry.kind).leave(reason)

    def leave_other_types(self) -> None:
        """Counts everything that nothing above looks at."""
        for entry in self.bundle.entries:
            if entry.kind in READ:
                continue
            known = "read for its references only" if entry.kind in TAKEN_TYPES else "this type is not imported yet"
            self.leave(entry, WHY_NOT.get(entry.kind, known))

    def subject_of(self, entry: Entry, reference: Reference | None, field: str = "subject") -> UUID:
        """Whom it is about, as its field says. Raises Left for a thing, a group or nobody."""
        inside = self.bundle.by_reference.get((reference.reference if reference else None) or "")
        if reference is None or (inside is not None and inside.kind != "Patient"):
            raise Left("it is about no patient")
        subject = self.entry(reference, "Patient", (*entry.path, field, "reference"))
        return self.person_id(subject.id or "")

    def own_visit(self, entry: Entry, reference: Reference | None, person_id: UUID) -> VisitRecord | None:
        """As `visit_of`; raises Wrong when the visit is another patient's."""
        visit = self.visit_of(entry, reference)
        if visit is not None:
            self.require_own_visit(entry, visit, person_id)
        return visit
