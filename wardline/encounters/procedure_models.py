"""Procedures: what was done to the patient, here or elsewhere."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from wardline.encounters.models import Doctor
from wardline.encounters.problem_models import Comment, Reason
from wardline.patients.public import Banner
from wardline.platform.http import Input

Line = Annotated[str, Meta(max_length=200)]


class Procedure(Struct):
    """A procedure (FHIR: Procedure). `performer` is a name."""

    id: UUID
    display: str
    code_system: str | None
    code: str | None
    performed_on: date
    performer_id: UUID | None
    performer: str
    site: str
    comment: str
    state: str
    error_reason: str | None
    encounter_id: UUID | None
    recorded_at: datetime
    recorded_by: str
    version: int


class NewProcedure(Input):
    """A procedure that was done: coded or in words, on a day, by one of the staff (the caller unless named) or by somebody
    else in words."""

    display: Annotated[str, Meta(min_length=2, max_length=300)]
    performed_on: date
    code_system: Literal["ICD-10-PCS", "SNOMED-CT"] | None = None
    code: Annotated[str, Meta(max_length=18, pattern=r"^[A-Za-z0-9]*$")] | None = None
    performer_id: UUID | None = None
    performer: Line = ""
    site: Line = ""
    comment: Comment = ""


class ProcedureError(Input):
    """Why the entry is wrong. It stays on record, struck through."""

    reason: Reason


class ProcedureRow(Struct, frozen=True, kw_only=True):
    """A procedure ready to be stored."""

    id: UUID
    encounter_id: UUID | None
    code_system: str | None
    code: str | None
    display: str
    performed_on: date
    performer_id: UUID | None
    performer: str
    site: str
    comment: str


class ProceduresPage(Struct):
    """The patient's procedures, newest first."""

    banner: Banner
    items: list[Procedure]
    doctors: list[Doctor]
    me: UUID
    today: date
    next: str | None = None
