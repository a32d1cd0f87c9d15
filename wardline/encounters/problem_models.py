"""Problems: what is wrong with the patient, coded or in words."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from wardline.encounters.icd import Code
from wardline.patients.public import Banner
from wardline.platform.http import Input

CodeSystem = Literal["ICD-10-CM", "SNOMED-CT"]
Verification = Literal["provisional", "confirmed", "refuted"]
State = Literal["active", "resolved", "entered_in_error"]
Severity = Literal["mild", "moderate", "severe"]
CodeText = Annotated[str, Meta(max_length=20, pattern=r"^[A-Za-z0-9.]*$")]
Snomed = Annotated[str, Meta(pattern=r"^[0-9]{6,18}$")]
Comment = Annotated[str, Meta(max_length=1000)]
Reason = Annotated[str, Meta(min_length=3, max_length=500)]


class Problem(Struct):
    """A condition of the patient (FHIR: Condition)."""

    id: UUID
    display: str
    code_system: str | None
    code: str | None
    onset_on: date | None
    abated_on: date | None
    state: str
    verification: str
    encounter_id: UUID | None
    version: int
    snomed_code: str | None = None
    severity: str | None = None
    comment: str = ""
    error_reason: str | None = None
    recorded_at: datetime | None = None
    recorded_by: str | None = None


class NewProblem(Input):
    """A problem to be recorded; with code and system, or in words alone. Without words the code's title stands."""

    display: Annotated[str, Meta(max_length=300)] = ""
    code_system: CodeSystem | None = None
    code: CodeText | None = None
    snomed_code: Snomed | None = None
    onset_on: date | None = None
    verification: Literal["provisional", "confirmed"] = "confirmed"
    severity: Severity | None = None
    comment: Comment = ""


class ProblemChange(Input):
    """What may change; a field that is not sent stays. A mistake needs its reason."""

    state: State | UnsetType = UNSET
    abated_on: date | None | UnsetType = UNSET
    onset_on: date | None | UnsetType = UNSET
    verification: Verification | UnsetType = UNSET
    severity: Severity | None | UnsetType = UNSET
    comment: Comment | UnsetType = UNSET
    code: CodeText | UnsetType = UNSET
    snomed_code: Snomed | UnsetType = UNSET
    reason: Reason | UnsetType = UNSET


class ProblemRow(Struct, frozen=True, kw_only=True):
    """The values that a problem has after a write."""

    id: UUID
    display: str
    code_system: str | None
    code: str | None
    snomed_code: str | None
    onset_on: date | None
    abated_on: date | None
    state: str
    verification: str
    severity: str | None
    comment: str
    error_reason: str | None


class ProblemVersion(Struct):
    """A problem as it stood after a change."""

    version: int
    display: str
    code: str | None
    onset_on: date | None
    abated_on: date | None
    state: str
    verification: str
    severity: str | None
    comment: str
    error_reason: str | None
    changed_at: datetime
    changed_by: str


class ProblemsPage(Struct):
    """The patient's problems, with who the page is about."""

    banner: Banner
    items: list[Problem]
    me: UUID
    next: str | None = None


class ProblemHistory(Struct):
    """What a problem said before, newest first."""

    banner: Banner
    problem: Problem
    items: list[ProblemVersion]
    next: str | None = None


class CodeQuery(Input):
    """Words or the beginning of a code."""

    q: Annotated[str, Meta(max_length=100)] = ""


class CodesFound(Struct):
    """Codes that fit, best first."""

    items: list[Code]
    q: str
    next: str | None = None
