"""What a check looks at and what it says: the patient, an order under consideration, alerts, what was not checked."""

from datetime import date, datetime
from enum import IntEnum, StrEnum

from msgspec import Struct, field

from wardline.orders.drugs import Drug

SECONDS_PER_DAY = 86_400.0


class Tier(IntEnum):
    """How loud an alert is: 1 interrupts, 2 stands beside the order, 3 is a passive mark."""

    INTERRUPTS = 1
    BESIDE = 2
    PASSIVE = 3


class Kind(StrEnum):
    """What an alert is about."""

    INTERACTION = "interaction"
    ALLERGY = "allergy"
    DUPLICATE = "duplicate"
    DOSE = "dose"
    RENAL = "renal"
    PREGNANCY = "pregnancy"
    AGE = "age"
    DISEASE = "disease"
    EXTERNAL = "external"


class AllergyKnowledge(StrEnum):
    """The three states of a patient's allergies; not recorded is not none."""

    NOT_RECORDED = "not_recorded"
    NONE_KNOWN = "none_known"
    RECORDED = "recorded"


class RecordedAllergy(Struct, frozen=True):
    """An allergy as it stands in the record: the words somebody wrote."""

    substance: str
    reaction: str = ""
    severity: str = "unknown"
    category: str = "medication"

    @property
    def words(self) -> str:
        """`penicillin - anaphylaxis (severe)`."""
        reaction = f" - {self.reaction}" if self.reaction else ""
        severity = "" if self.severity == "unknown" else f" ({self.severity})"
        return f"{self.substance}{reaction}{severity}"


class RecordedProblem(Struct, frozen=True, kw_only=True):
    """A problem of the patient's list, with its codes where it has any. Refuted and mistaken ones are not among them."""

    display: str
    icd10: str = ""
    snomed: str = ""
    active: bool = True
    provisional: bool = False
    onset_on: date | None = None
    recorded_on: date | None = None


class Measured(Struct, frozen=True):
    """A number of the patient with when it was taken: weight in kg, creatinine in µmol/l."""

    value: float
    taken_at: datetime
    imported: bool = False  # another laboratory measured it

    def age_days(self, at: datetime) -> float:
        """How old it is at a moment."""
        return (at - self.taken_at).total_seconds() / SECONDS_PER_DAY


class Patient(Struct, frozen=True, kw_only=True):
    """What the checks know of the patient. None is unknown, and never the same as normal.

    `at` is the moment of the check, by which numbers and stopped drugs are dated; without it none of them counts as recent.
    """

    signed_knowledge: str = ""  # the digest of the knowledge base that the patient's hospital has signed off
    at: datetime | None = None
    inpatient: bool = True
    born_on: date | None = None

    age_years: float | None = None
    female: bool | None = None
    weight_kg: Measured | None = None
    creatinine_umol_per_l: Measured | None = None
    pregnant: bool | None = None
    allergy_knowledge: AllergyKnowledge = AllergyKnowledge.NOT_RECORDED
    allergies: tuple[RecordedAllergy, ...] = ()
    problems: tuple[RecordedProblem, ...] = ()


class Considered(Struct, frozen=True, kw_only=True):
    """An order as the checks see it. `drugs` is empty when the table does not know the name; amounts are in `unit`.

    `stopped_at` is set where it is not given any more, but may still act.
    """

    name: str
    drugs: tuple[Drug, ...]
    route: str = ""
    unit: str = ""
    dose: float | None = None
    day_total: float | None = None
    per_kg: bool = False
    stopped_at: datetime | None = None


class Alert(Struct, frozen=True, kw_only=True):
    """One thing that was found: what, why for this patient, what to do, and the source it rests on."""

    rule: str
    kind: Kind
    tier: Tier
    summary: str
    why: str
    advice: str
    source: str
    version: str = ""
    about: str = ""

    @property
    def interrupts(self) -> bool:
        """Whether a signature waits for a reason."""
        return self.tier is Tier.INTERRUPTS


NOT_CHECKED = "not checked"


class NotChecked(Struct, frozen=True):
    """A check that could not run. It is shown as `not checked: ...`.

    It `asks` for a confirmation where something is missing about the patient or the knowledge; a drug for which the table
    simply holds no limit is only said. `so` is what that means for what is shown.
    """

    what: str
    because: str
    asks: bool = True
    title: str = NOT_CHECKED
    so: str = "Nothing was found, because nothing could be looked at."

    @property
    def words(self) -> str:
        """`not checked: interactions, the table does not know "X"`."""
        return f"{self.title}: {self.what}, {self.because}"


class Findings(Struct, kw_only=True):
    """What the checks of an order found, strongest first, and what they could not look at. There is no "safe"."""

    alerts: list[Alert] = field(default_factory=list)
    not_checked: list[NotChecked] = field(default_factory=list)
    signed: bool = False  # whether the hospital has signed the rules off that found it

    @property
    def stops(self) -> list[Alert]:
        """Alerts that wait for a reason."""
        return [alert for alert in self.alerts if alert.interrupts]

    @property
    def asks(self) -> bool:
        """Whether a signature needs a reason or a confirmation."""
        return bool(self.stops) or any(gap.asks for gap in self.not_checked)
