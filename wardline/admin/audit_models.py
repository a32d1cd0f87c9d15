"""What is asked of the record of access, and what it answers."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from wardline.platform.http import Input

Text = Annotated[str, Meta(max_length=120)]


class AuditFilter(Input):
    """`patient`: record number, network number or id. `staff`: address, beginning of the family name, or id."""

    patient: Text | None = None
    staff: Text | None = None
    action: Text | None = None
    outcome: Literal["done", "read", "refused"] | None = None
    since: date | None = None
    until: date | None = None
    cursor: Text | None = None


class Wanted(msgspec.Struct, frozen=True):
    """The filter in ids and moments."""

    hospital_id: UUID
    since: datetime
    before_at: datetime
    after_id: UUID
    person_id: UUID | None = None
    actor_id: UUID | None = None
    action: str | None = None
    outcome: str | None = None


class EntryRow(msgspec.Struct):
    """One entry as it is stored, with the names that it has today."""

    at: datetime
    id: UUID
    actor_id: UUID | None
    actor_role: str | None
    given: str | None
    family: str | None
    action: str
    outcome: str
    person_id: UUID | None
    mrn: str | None
    subject_type: str | None
    subject_id: UUID | None
    subject_given: str | None
    subject_family: str | None
    request_id: str
    client: str | None
    detail: dict[str, Any] | None


class Entry(msgspec.Struct):
    """One entry as a sentence, and its parts for programs."""

    at: datetime
    id: UUID
    who: str
    sentence: str
    action: str
    outcome: str
    actor_id: UUID | None
    actor_role: str | None
    person_id: UUID | None
    mrn: str | None
    subject_type: str | None
    subject_id: UUID | None
    request_id: str
    client: str | None
    detail: dict[str, Any] | None


class Choice(msgspec.Struct):
    """Somebody whom a name may mean."""

    id: UUID
    words: str


class AuditPage(msgspec.Struct):
    """A page of the record, newest first; `note` says why nothing or not everything is shown."""

    items: list[Entry]
    next: str | None
    asked: AuditFilter
    since: date
    actions: list[tuple[str, str]]
    query: str = ""
    note: str = ""
    choices: list[Choice] = []
