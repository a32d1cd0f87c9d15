"""Ids that the same source gives again for ever.

UUIDv5 of the source system and the resource's own id, not a UUIDv7-like id with the time inside: when the source corrects
a date, the record must keep its id, otherwise the correction would arrive as a second record.
"""

from uuid import NAMESPACE_URL, UUID, uuid5

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
    """Which hospital or member of staff a foreign reference means, as far as earlier bundles have told."""

    def __init__(self) -> None:
        self.hospitals: dict[str, UUID] = {}
        self.staff: dict[str, UUID] = {}

    def learn_hospital(self, reference: str, hospital_id: UUID) -> None:
        self.hospitals[reference] = hospital_id

    def learn_staff(self, reference: str, staff_id: UUID) -> None:
        self.staff[reference] = staff_id
