"""Staff as the pages show them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from wardline.identity.public import Role
from wardline.identity.public import admin_models as m
from wardline.platform.http import Input


class StaffQuery(Input):
    """`q` is the beginning of a name or an address."""

    q: Annotated[str, Meta(max_length=80)] = ""
    role: Role | None = None
    cursor: Annotated[str, Meta(max_length=200)] | None = None


class Held(msgspec.Struct):
    """A role that somebody holds. `mine`: the caller may take it."""

    id: UUID
    role: str
    place: str
    since: datetime
    mine: bool


class StaffOnList(msgspec.Struct):
    """One line of the table."""

    person: m.StaffRow
    roles: list[Held]


class StaffPage(msgspec.Struct):
    items: list[StaffOnList]
    next: str | None
    asked: StaffQuery
    roles: list[tuple[str, str]]
    query: str


class GiveForm(msgspec.Struct):
    """What the form for a role offers: only what the caller may give."""

    roles: list[tuple[str, str]]
    hospitals: list[m.ManagedHospital]
    regions: list[tuple[UUID, str]]
    here: UUID


class PersonPage(msgspec.Struct):
    """One member of staff. `whole`: every role of theirs is the caller's to manage; `own`: it is the caller."""

    person: m.StaffRow
    roles: list[Held]
    form: GiveForm
    whole: bool
    own: bool


class StaffMade(msgspec.Struct):
    id: UUID
