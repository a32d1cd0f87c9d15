"""Ids that the same source gives again for ever.

UUIDv5 of the source system and the resource's own id, not a UUIDv7-like id with the time inside: when the source corrects
a date, the record must keep its id, otherwise the correction would arrive as a second record.
"""

from collections.abc import Iterable
from uuid import NAMESPACE_URL, UUID, uuid5

# Stands where a person's id is asked for: nobody in particular said it, an import did.
IMPORTER = uuid5(NAMESPACE_URL, "https://wardline.example/interop/importer")
_ROOT = uuid5(NAMESPACE_URL, "https://wardline.example/interop/fhir")


class Identity:
    """Makes the ids of everything that one source system sends."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._space = uuid5(_ROOT, source)

    def of(self, *parts: str) -> UUID:
        """The id of the thing with this name, such as ("Patient", "4711") or ("Encounter", "12", "registration")."""
        return uuid5(self._space, "/".join(parts))


class Directory:
    """Which hospital or member of staff a foreign reference means, as far as earlier bundles have told.

    With `only_hospital` every organization of the source is that one hospital.
    """

    def __init__(self, only_hospital: UUID | None = None) -> None:
        self.only_hospital = only_hospital
        self.staff: dict[str, UUID] = {}
        self._hospitals: dict[str, UUID] = {}

    def learn_hospital(self, references: Iterable[str], hospital_id: UUID) -> None:
        """These references mean this hospital from now on, unless an earlier import said otherwise."""
        for reference in references:
            self._hospitals.setdefault(reference, hospital_id)

    def learn_staff(self, references: Iterable[str], staff_id: UUID) -> None:
        """These references mean this member of staff from now on."""
        for reference in references:
            self.staff.setdefault(reference, staff_id)

    def hospital(self, reference: str) -> UUID | None:
        """None when nobody has told which hospital is meant."""
        return self._hospitals.get(reference) if self.only_hospital is None else self.only_hospital

    def copy(self) -> "Directory":
        """One to learn into, without telling this one."""
        other = Directory(self.only_hospital)
        other.staff, other._hospitals = dict(self.staff), dict(self._hospitals)
        return other
