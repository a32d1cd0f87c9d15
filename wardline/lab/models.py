"""Tests, orders, specimens, results and critical calls, as the laboratory and the wards see them."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from msgspec import Struct, field

from wardline.identity.public import HospitalScope, Scope
from wardline.patients.public import PatientScope

BENCHES = {
    "chemistry": "Chemistry",
    "haematology": "Haematology",
    "coagulation": "Coagulation",
    "microbiology": "Microbiology",
}
# Where tests stand that only other laboratories have done; nothing is ever worked on there.
ELSEWHERE = ("elsewhere", "Other laboratories")
URGENCY_WORDS = {"stat": "Stat", "urgent": "Urgent", "routine": "Routine"}


class State(StrEnum):
    """Where a result stands."""

    ORDERED = "ordered"
    COLLECTED = "collected"
    RECEIVED = "received"
    RESULTED = "resulted"
    TECHNICALLY_RELEASED = "technically_released"
    CLINICALLY_RELEASED = "clinically_released"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"


class Flag(StrEnum):
    """How a value lies to its interval and to the critical limits (HL7: LL, L, N, H, HH); POS is growth that is critical."""

    CRITICALLY_LOW = "LL"
    LOW = "L"
    NORMAL = "N"
    HIGH = "H"
    CRITICALLY_HIGH = "HH"
    CRITICALLY_POSITIVE = "POS"


class LabTest(Struct, frozen=True):
    """A test of the catalogue: LOINC code, UCUM unit, specimen, bench, goals in minutes."""

    code: str
    name: str
    loinc: str
    loinc_name: str
    kind: str
    unit: str
    unit_words: str
    decimals: int
    specimen: str
    container: str
    bench: str
    turnaround_minutes: int
    urgent_minutes: int
    delta_change: float | None
    delta_hours: int | None
    delta_source: str
    position: int


class Panel(Struct, frozen=True):
    """Tests that are asked for together."""

    code: str
    name: str
    tests: list[str]


class Interval(Struct, frozen=True):
    """A reference interval or critical limits for an age band (in days, `to_days` excluded) and a sex (None: both)."""

    test_code: str
    kind: str
    sex: str | None
    from_days: int
    to_days: int | None
    low: float | None
    high: float | None
    source: str
    is_own: bool


class Limits(Struct, frozen=True, kw_only=True):
    """What one value is judged by."""

    low: float | None = None
    high: float | None = None
    critical_low: float | None = None
    critical_high: float | None = None


# --- scopes ----------------------------------------------------------------------------------------------------------
class BenchScope(HospitalScope, frozen=True, kw_only=True):
    """A bench of the laboratory of the caller's hospital."""

    bench: str


class SpecimenScope(Scope, frozen=True, kw_only=True):
    """One specimen of the caller's hospital; the read is recorded."""

    id: UUID
    person_id: UUID


class OrderScope(Scope, frozen=True, kw_only=True):
    """One order of the caller's hospital; the read is recorded."""

    id: UUID
    person_id: UUID


class TestScope(HospitalScope, frozen=True, kw_only=True):
    """A test of the catalogue in the eyes of the caller's hospital."""

    test: LabTest


class ResultsScope(Scope, frozen=True, kw_only=True):
    """A patient's results, for watching."""

    patient: PatientScope
    zone: str


# --- rows ------------------------------------------------------------------------------------------------------------
class Result(Struct):
    """One test of one request as it stands; `*_by` are names, `call_*` is the loop of a critical value."""

    id: UUID
    request_id: UUID
    specimen_id: UUID
    patient_id: UUID
    encounter_id: UUID | None
    test: str
    name: str
    loinc: str
    kind: str
    unit: str
    unit_words: str
    decimals: int
    bench: str
    state: str
    taken_at: datetime | None
    value: float | None
    comparator: str
    words: str
    isolates: list[Any]
    low: float | None
    high: float | None
    critical_low: float | None
    critical_high: float | None
    flag: str | None
    previous: float | None
    previous_at: datetime | None
    is_jump: bool
    method: str
    revision: int
    reason: str
    resulted_at: datetime | None
    resulted_by: str | None
    technical_at: datetime | None
    technical_by: str | None
    clinical_at: datetime | None
    clinical_by: str | None
    call_id: UUID | None
    told_at: datetime | None
    acknowledged_at: datetime | None
    version: int
    report: str
    followups: int
    shown: str = ""
    typed: str = ""
    interval: str = ""
    bar: tuple[float, float, float, float] | None = None

    @property
    def is_amended(self) -> bool:
        """Whether a released value was set right; the next report of a culture is none of that."""
        return self.revision > 1 + self.followups


class Specimen(Struct):
    """One specimen; `*_by` are names."""

    id: UUID
    request_id: UUID
    patient_id: UUID
    encounter_id: UUID | None
    ward_id: UUID | None
    barcode: str
    specimen: str
    container: str
    bench: str
    urgency: str
    state: str
    collected_at: datetime | None
    collected_by: str | None
    received_at: datetime | None
    received_by: str | None
    rejected_at: datetime | None
    reject_reason: str
    replaces_id: UUID | None
    due_at: datetime | None
    version: int
    reason: str
    ordered_at: datetime
    ordered_by: str | None
    tests: list[str]
    family: str
    given: str
    sex: str
    born_on: date | None
    network_number: str
    bed_label: str | None


class Order(Struct):
    """What was asked for, with the specimens it needs."""

    id: UUID
    patient_id: UUID
    encounter_id: UUID | None
    urgency: str
    reason: str
    asked_for: list[str]
    ordered_at: datetime
    ordered_by: str | None
    version: int
    specimens: list[Specimen] = field(default_factory=list[Specimen])


class BenchRow(Struct):
    """A specimen on a bench's list: how old it is, and how far its results are."""

    id: UUID
    barcode: str
    urgency: str
    state: str
    specimen: str
    container: str
    collected_at: datetime | None
    received_at: datetime | None
    due_at: datetime | None
    person_id: UUID
    family: str
    given: str
    bed_label: str | None
    tests: list[str]
    waiting: int
    resulted: int
    technical: int
    critical: int
    share: float = 0.0


class BenchCount(Struct):
    """What waits on a bench."""

    bench: str
    on_the_way: int
    received: int
    urgent: int
    late: int
    words: str = ""


class Call(Struct):
    """A critical value on its way to somebody: `owner_words` is who its task stands with now, `revision` the value's."""

    id: UUID
    result_id: UUID
    patient_id: UUID
    family: str
    given: str
    born_on: date | None
    network_number: str
    bed_label: str | None
    name: str
    unit_words: str
    decimals: int
    value: float | None
    comparator: str
    words: str
    isolates: list[Any]
    flag: str | None
    critical_low: float | None
    critical_high: float | None
    taken_at: datetime | None
    opened_at: datetime
    told_at: datetime | None
    told_by: str | None
    told_to: str
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    action: str
    closed_at: datetime | None
    owner_words: str
    due_at: datetime
    task_id: UUID
    revision: int
    is_withdrawn: bool
    version: int
    shown: str = ""
    limit: str = ""


class Event(Struct):
    """A step in the history of a result."""

    at: datetime
    kind: str
    by: str | None
    revision: int
    value: float | None
    comparator: str
    words: str
    flag: str | None
    reason: str
    report: str
    shown: str = ""
