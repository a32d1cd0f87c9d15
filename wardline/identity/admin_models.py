"""What administrators send and see: regions, hospitals, departments, wards, rooms, staff and their roles."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from wardline.identity.models import Scope
from wardline.identity.permissions import Role
from wardline.platform.http import Input

Name = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"\S")]
Code = Annotated[str, Meta(min_length=1, max_length=12, pattern=r"^[A-Za-z0-9]{1,12}$")]
Short = Annotated[str, Meta(max_length=40)]
Position = Annotated[int, Meta(ge=1, le=10_000)]
Sex = Literal["women", "men", "any"]


class NewRegion(Input):
    name: Name
    code: Code


class RegionChange(Input):
    name: Name


class NewHospital(Input):
    """`code` is what people type when they sign in; it stays as it is."""

    name: Name
    code: Annotated[str, Meta(pattern=r"^[A-Za-z0-9]{2,12}$")]
    region_id: UUID
    time_zone: Name = "Europe/London"


class HospitalChange(Input):
    name: Name | None = None
    region_id: UUID | None = None
    time_zone: Name | None = None
    active: bool | None = None


class NewDepartment(Input):
    name: Name


class NewWard(Input):
    """`code` stands before the bed: 7-04."""

    code: Annotated[str, Meta(min_length=1, max_length=8, pattern=r"^[A-Za-z0-9]+$")]
    name: Name
    specialty: Name
    department_id: UUID


class WardChange(Input):
    code: Annotated[str, Meta(min_length=1, max_length=8, pattern=r"^[A-Za-z0-9]+$")] | None = None
    name: Name | None = None
    specialty: Name | None = None
    department_id: UUID | None = None
    position: Position | None = None
    active: bool | None = None


class NewRoom(Input):
    label: Annotated[str, Meta(min_length=1, max_length=40, pattern=r"\S")]
    kind: Literal["bay", "side_room"]
    sex: Sex = "any"


class RoomChange(Input):
    label: Annotated[str, Meta(min_length=1, max_length=40, pattern=r"\S")] | None = None
    sex: Sex | None = None
    position: Position | None = None


class NewPerson(Input):
    email: Annotated[str, Meta(min_length=3, max_length=200)]
    family: Name
    given: Name
    title: Short = ""
    post_nominal: Short = ""


class NewRole(Input):
    """A role at a hospital; in a region for regional administrators; in the whole network for network administrators."""

    role: Role
    hospital_id: UUID | None = None
    region_id: UUID | None = None
    ward_id: UUID | None = None


class NewStaff(NewPerson, kw_only=True):
    """Somebody new with a first password, which they change, and a first role."""

    password: Annotated[str, Meta(max_length=256)]
    role: Role
    hospital_id: UUID | None = None
    region_id: UUID | None = None
    ward_id: UUID | None = None


class PersonChange(Input):
    """`whole_form`: what a form leaves blank becomes blank."""

    family: Name | None = None
    given: Name | None = None
    title: Short | None = None
    post_nominal: Short | None = None
    whole_form: bool = False


class NewPassword(Input):
    new_password: Annotated[str, Meta(max_length=256)]


# ---- what is there ---------------------------------------------------------------------------------------------------


class Region(msgspec.Struct):
    id: UUID
    code: str
    name: str
    version: int


class ManagedHospital(msgspec.Struct):
    """A hospital as administrators see it."""

    id: UUID
    code: str
    name: str
    region_id: UUID
    region: str
    time_zone: str
    active: bool
    version: int


class Department(msgspec.Struct):
    id: UUID
    name: str
    version: int


class ManagedWard(msgspec.Struct):
    """A ward, in use or not."""

    id: UUID
    code: str
    name: str
    specialty: str
    position: int
    active: bool
    department_id: UUID
    department: str
    version: int


class ManagedRoom(msgspec.Struct):
    id: UUID
    ward_id: UUID
    label: str
    kind: str
    sex: str
    position: int
    version: int


class StaffRow(msgspec.Struct):
    """One line of the list of staff."""

    id: UUID
    email: str | None
    family: str
    given: str
    title: str
    post_nominal: str
    active: bool
    last_seen_at: datetime | None
    open_sessions: int
    version: int


class AssignmentRow(msgspec.Struct):
    """A role that somebody holds; `place` says where in words."""

    id: UUID
    staff_id: UUID
    role: str
    hospital_id: UUID | None
    region_id: UUID | None
    ward_id: UUID | None
    place: str
    since: datetime


# ---- proofs of access ------------------------------------------------------------------------------------------------


class ManagedWardScope(Scope, frozen=True, kw_only=True):
    """A ward of the caller's hospital, in use or not."""

    id: UUID
    code: str
    active: bool


class ManagedRoomScope(Scope, frozen=True, kw_only=True):
    """A room of the caller's hospital."""

    id: UUID
    ward_id: UUID


class ManagedDepartmentScope(Scope, frozen=True, kw_only=True):
    """A department of the caller's hospital."""

    id: UUID


class StaffScope(Scope, frozen=True, kw_only=True):
    """Somebody whom the caller administers, with the hospitals and regions that the caller administers."""

    person: StaffRow
    hospital_ids: tuple[UUID, ...]
    region_ids: tuple[UUID, ...]


class RoleScope(StaffScope, frozen=True, kw_only=True):
    """One role of that person."""

    assignment: AssignmentRow
