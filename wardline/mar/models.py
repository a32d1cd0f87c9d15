"""What is read, sent and answered about giving medicines."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from wardline.identity.public import Scope, WardScope
from wardline.patients.public import PatientScope
from wardline.platform.http import Input

Words = Annotated[str, Meta(max_length=500)]
Why = Annotated[str, Meta(min_length=3, max_length=500)]
Code = Annotated[str, Meta(max_length=40)]
Scanned = Annotated[str, Meta(max_length=300)]
Amount = Annotated[float, Meta(gt=0, le=1_000_000)]
Volume = Annotated[float, Meta(ge=0, le=100_000)]
Clock = Annotated[str, Meta(max_length=5)]
Identifier = Literal["name", "born_on", "number"]


# --- read --------------------------------------------------------------------------------------------------------------
class Giving(Struct, frozen=True):
    """The dose (none for as needed), its order as it stands, the patient, the stay, and who was first."""

    dose_id: UUID | None
    medicine_id: UUID
    person_id: UUID
    encounter_id: UUID
    due_at: datetime | None
    dose_state: str | None
    dose_since: datetime | None
    version: int | None
    amount: float | None
    amount_to: float | None
    unit: str | None
    critical: str | None
    task_id: UUID | None
    order_version: int
    order_state: str
    order_reason: str
    name: str
    kind: str
    route: str
    line: str
    prescribed_at: datetime
    prescribed_by: str | None
    since: datetime
    state_at: datetime | None
    state_by: str | None
    network_number: str
    mrn: str
    family: str
    given: str
    born_on: date | None
    ward_id: UUID | None
    has_stay: bool
    running_id: UUID | None
    done_id: UUID | None
    done_action: str | None
    done_at: datetime | None
    done_by: str | None
    weight_kg: float | None
    other_at: datetime | None  # when the last other dose of the order was given
    line_version: int  # the version of the order that brought the line as it stands; 0 for the first
    needed: list[str] | None  # JSON lines of the patient's as-needed orders that name a maximum


class Seen(Struct, frozen=True, kw_only=True):
    """What a lean write was decided on."""

    hospital_id: UUID
    medicine_id: UUID
    order_version: int
    dose_id: UUID | None
    version: int


class GivenBefore(Struct, frozen=True):
    """A dose in the last day; `kind` is its order's."""

    medicine_id: UUID
    happened_at: datetime
    amount: float | None
    unit: str
    name: str
    kind: str


class DoseRow(Struct, frozen=True):
    """A planned dose as it is stored."""

    id: UUID
    medicine_id: UUID
    due_at: datetime
    amount: float | None
    amount_to: float | None
    unit: str
    critical: str
    state: str
    version: int


class OrderRow(Struct, frozen=True):
    """An order as the grid shows it; `decision` is what the checks showed at the signature, and why it was signed."""

    id: UUID
    name: str
    kind: str
    route: str
    line: str
    state: str
    state_reason: str
    prescribed_at: datetime
    since: datetime
    state_at: datetime | None
    state_by: str | None
    decision: str | None
    decision_by: str | None
    decision_at: datetime | None
    decision_words: str | None
    decision_kind: str | None


class Administration(Struct):
    """What was done about a dose, as people and programs see it."""

    id: UUID
    medicine_id: UUID
    dose_id: UUID | None
    patient_id: UUID
    name: str
    due_at: datetime | None
    action: str
    happened_at: datetime
    recorded_at: datetime
    recorded_by: str
    recorded_by_initials: str
    witness: str | None
    witness_initials: str | None
    amount: float | None
    unit: str
    reason: str
    words: str
    timing: str
    site: str
    no_scan: str
    effect: str
    sent_later: bool
    infusion: str | None
    rate: float | None
    rate_unit: str
    volume_ml: float | None
    volume_given_ml: float | None
    rate_since: datetime | None
    ended_at: datetime | None
    state: str
    version: int
    rights: list[dict[str, Any]] = []


class Step(Struct, frozen=True):
    """One line of what happened to an administration; `before` is JSON of what it said until then."""

    at: datetime
    kind: str
    happened_at: datetime
    words: str
    before: str | None
    rate: float | None
    rate_unit: str
    volume_given_ml: float | None
    by: str | None
    witness: str | None


class Right(Struct, kw_only=True):
    """One of the five rights: whether it holds (None: not looked at yet), from what, when, and the words to it."""

    key: str
    title: str
    holds: bool | None
    source: str = ""
    at: datetime | None = None
    words: str = ""


# --- sent --------------------------------------------------------------------------------------------------------------
class Scans(Input):
    """What was scanned so far at the bedside."""

    patient_scan: Scanned = ""
    drug_scan: Scanned = ""
    amount: Amount | None = None


class NewGiving(Input):
    """A dose that was given. Times: `given_at`, or the clock of the ward on a day (`given_on`) or as of `pressed_at`, or now.

    Without both scans it needs a reason and, where the wristband was not scanned, two identifiers that were asked for.
    """

    patient_scan: Scanned = ""
    drug_scan: Scanned = ""
    no_scan_reason: Code = ""
    no_scan_words: Words = ""
    identifiers: Annotated[list[Identifier], Meta(max_length=3)] = []
    given_at: datetime | None = None
    given_on: date | None = None
    given_clock: Clock = ""
    pressed_at: datetime | None = None
    before_stop: bool = False
    time_reason: Words = ""
    amount: Amount | None = None
    amount_reason: Words = ""
    route_checked: bool = False
    site: Code = ""
    self_administered: bool = False
    reason: Words = ""
    rate: Amount | None = None
    volume_ml: Amount | None = None
    confirmed: bool = False
    witness_email: Annotated[str, Meta(max_length=200)] = ""
    witness_password: Annotated[str, Meta(max_length=200)] = ""


class NewNotGiven(Input):
    """A dose that was not given, or held back: why, coded, and in words where the code says so."""

    reason: Code
    action: Literal["not_given", "held"] = "not_given"
    words: Words = ""
    given_at: datetime | None = None
    given_on: date | None = None
    given_clock: Clock = ""
    pressed_at: datetime | None = None
    before_stop: bool = False


class Amendment(Input):
    """Other values for what was recorded, and why; what is not named stays. Another dose of what a second person signed for is
    signed by one."""

    why: Why
    given_at: datetime | None = None
    given_clock: Clock = ""
    amount: Amount | None = None
    site: Code = ""
    words: Words = ""
    witness_email: Annotated[str, Meta(max_length=200)] = ""
    witness_password: Annotated[str, Meta(max_length=200)] = ""


class Because(Input):
    """Why something was a mistake."""

    reason: Why


class NewEffect(Input):
    """What an as-needed dose did."""

    effect: Literal["good", "some", "none"]
    words: Words = ""


class InfusionStep(Input):
    """A change to an infusion that runs: another rate, a pause, going on, the end; with the volume that has run in."""

    act: Literal["rate_changed", "paused", "resumed", "stopped"]
    rate: Amount | None = None
    volume_given_ml: Volume | None = None
    words: Words = ""
    at: datetime | None = None
    witness_email: Annotated[str, Meta(max_length=200)] = ""
    witness_password: Annotated[str, Meta(max_length=200)] = ""


class GridQuery(Input):
    """Which day of the chart; each begins at 06:00."""

    day: date | None = None


class RoundQuery(Input):
    """How many hours ahead."""

    hours: Literal[1, 2, 4, 8, 12] = 4


# --- scopes ------------------------------------------------------------------------------------------------------------
class GridScope(Scope, frozen=True, kw_only=True):
    """A patient's chart of given medicines, for watching."""

    patient: PatientScope
    zone: str


class RoundScope(WardScope, frozen=True, kw_only=True):
    """A ward's round."""

    zone: str


class AdministrationScope(Scope, frozen=True, kw_only=True):
    """Something recorded at the caller's hospital."""

    id: UUID
    person_id: UUID
