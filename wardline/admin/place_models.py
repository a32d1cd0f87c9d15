"""Places as the pages show them."""

from uuid import UUID

import msgspec

from wardline.beds.public import managing
from wardline.identity.public import admin_models as m


class Made(msgspec.Struct):
    """The id of what was added."""

    id: UUID


class Placed(msgspec.Struct):
    """What was added or changed, and the ward that it belongs to."""

    id: UUID
    ward_id: UUID


class HospitalsPage(msgspec.Struct):
    """The hospitals that the caller administers, and the regions of the network."""

    items: list[m.ManagedHospital]
    next: str | None
    regions: list[m.Region]


class HospitalPage(msgspec.Struct):
    hospital: m.ManagedHospital
    regions: list[m.Region]


class WardOfPlace(msgspec.Struct):
    """A ward with its number of beds."""

    ward: m.ManagedWard
    beds: int
    occupied: int


class PlacesPage(msgspec.Struct):
    """The caller's hospital: its departments and wards."""

    hospital: str
    departments: list[m.Department]
    wards: list[WardOfPlace]


class RoomOfWard(msgspec.Struct):
    """A room with its beds."""

    room: m.ManagedRoom
    beds: list[managing.ManagedBed]


class WardPage(msgspec.Struct):
    """A ward with its rooms and beds; `features` are what a bed may have, with their words."""

    ward: m.ManagedWard
    departments: list[m.Department]
    rooms: list[RoomOfWard]
    features: list[tuple[str, str]]
