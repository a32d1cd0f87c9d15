"""Places and people of the network, and the scopes that only an access check makes."""

from datetime import datetime
from uuid import UUID

import msgspec

from wardline.platform.http import Input

_SEAL = object()


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Proof that an access check was passed. Made by `seal(...)` in the access functions alone."""

    hospital_id: UUID
    seal: object = None

    def __post_init__(self) -> None:
        if self.seal is not _SEAL:
            raise TypeError("a scope is made by an access check")


def seal() -> object:
    """For access functions only (checked by a test): what makes a scope valid."""
    return _SEAL


class HospitalScope(Scope, frozen=True, kw_only=True):
    """The hospital that the session works in."""


class WardScope(Scope, frozen=True, kw_only=True):
    """One ward of that hospital."""

    id: UUID
    code: str
    name: str
    specialty: str


class WardRow(msgspec.Struct):
    id: UUID
    code: str
    name: str
    specialty: str
    position: int
    department: str


class HospitalRow(msgspec.Struct):
    id: UUID
    code: str
    name: str
    region_id: UUID
    region: str
    time_zone: str


class SignIn(Input):
    """What a person or program signs in with; `hospital` chooses among several (code)."""

    email: str
    password: str
    hospital: str | None = None
    next: str | None = None


class SwitchHospital(Input):
    """Where to work now; `role` chooses when somebody has several there."""

    hospital_id: UUID
    role: str | None = None


class ChangePassword(Input):
    current_password: str
    new_password: str


class Session(msgspec.Struct):
    """The answer to signing in: programs send `token` as a bearer token."""

    id: UUID
    token: str
    expires_at: datetime
    staff_id: UUID
    name: str
    role: str
    hospital_id: UUID
    hospital: str


class Candidate(msgspec.Struct):
    """Who might be signing in."""

    id: UUID
    password_hash: str | None
    active: bool


class Place(msgspec.Struct):
    """A role that somebody may work in, at one hospital."""

    assignment_id: UUID
    role: str
    hospital_id: UUID
    hospital_code: str
    hospital: str
    staff_name: str


class MyPlace(msgspec.Struct):
    """A place that somebody may work at; `current` is where they do."""

    hospital_id: UUID
    hospital_code: str
    hospital: str
    role: str
    current: bool


class SessionRow(msgspec.Struct):
    """A session with what a Caller needs."""

    id: UUID
    staff_id: UUID
    hospital_id: UUID
    hospital: str
    hospital_code: str
    time_zone: str
    role: str
    family: str
    given: str
    title: str
    post_nominal: str
    ward_id: UUID | None
    seen_at: datetime
    expires_at: datetime
    reach: list[UUID]
