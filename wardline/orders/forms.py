"""What people and programs send about medicines, and what they are answered."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from wardline.identity.public import Scope
from wardline.orders.cards import Card, Coding
from wardline.orders.entry import Question
from wardline.orders.sets import SetsPage
from wardline.patients.public import Banner, PatientScope
from wardline.platform.http import Input

BASKET_LINES_MAX = 20
Line = Annotated[str, Meta(max_length=300)]
Why = Annotated[str, Meta(min_length=3, max_length=500)]
CARDS_SHOWN_MAX = 2000
ShownCards = Annotated[list[Annotated[str, Meta(max_length=36)]], Meta(max_length=CARDS_SHOWN_MAX)]
ReasonCode = Literal["", "benefit_outweighs", "tolerated", "specialist", "not_applicable"]


class Basket(Input):
    """The lines of a basket, as typed, and the laboratory tests that an order set brought along, by code."""

    lines: Annotated[list[Line], Meta(max_length=BASKET_LINES_MAX)] = []
    tests: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=BASKET_LINES_MAX)] = []


class BasketAsked(Basket):
    """A basket to be looked at; a `line` by itself would take the place of the order `without`."""

    line: Line = ""
    without: UUID | None = None


class SignedBasket(Basket):
    """A basket to be signed: a coded `reason` for what interrupts, `confirmed` for what could not be checked.

    `shown` are the cards that were seen: neither a reason nor a confirmation reaches past one that is not among them.
    """

    reason: ReasonCode = ""
    words: Annotated[str, Meta(max_length=500)] = ""
    confirmed: bool = False
    shown: ShownCards = []


class ChangedLine(Input):
    """A new line for an order, with the reason for the change and the answers that a signature needs."""

    line: Annotated[str, Meta(min_length=1, max_length=300)]
    why: Why
    reason: ReasonCode = ""
    words: Annotated[str, Meta(max_length=500)] = ""
    confirmed: bool = False
    shown: ShownCards = []


class StateReason(Input):
    """Why an order is held, resumed, stopped or marked as an error."""

    reason: Why


class Verification(Struct, frozen=True):
    """What a pharmacist decided about a version of an order; an open question has no `answer` yet. `by` and `at` are of the
    last step: of the answer, where there is one.
    """

    medicine_id: UUID
    medicine_version: int
    number: int
    state: str
    words: str
    answer: str
    at: datetime
    by: str
    initials: str
    task_id: UUID | None


DECIDED_WORDS = {"verified": "verified", "queried": "asked the prescriber about", "refused": "refused"}


class Decision(Struct, frozen=True):
    """Verified, queried or refused; the last two say what or why."""

    state: Literal["verified", "queried", "refused"]
    words: str = ""


class QueryAnswer(Input):
    """What the prescriber answers the pharmacist."""

    answer: Annotated[str, Meta(min_length=2, max_length=1000)]


class NewMeasure(Input):
    """A weight in kg or a creatinine in µmol/l; taken now unless it says when."""

    kind: Literal["weight_kg", "creatinine_umol_per_l"]
    value: Annotated[float, Meta(gt=0, le=3000)]
    taken_at: datetime | None = None


class MeasureRecorded(Struct):
    id: UUID
    patient_id: UUID
    kind: str
    value: float
    taken_at: datetime


class NameQuery(Input):
    """The beginning of a drug's name."""

    start: Annotated[str, Meta(min_length=1, max_length=100)]


class DrugFound(Struct):
    """A drug of the table."""

    name: str
    tall_man: str
    ingredients: list[str]
    classes: list[str]
    atc: list[str]
    rxnorm: str
    routes: list[str]
    strengths: list[str]


class LineSeen(Struct, kw_only=True):
    """A typed line as it was read and checked; it can be signed when it is `complete`."""

    typed: str
    name: str
    tall_man: str
    dose: str
    parts: list[str]
    kind: str
    complete: bool
    assumptions: list[str]
    questions: list[Question]
    cards: list[Card]
    stops: bool
    asks: bool


class TestSeen(Struct):
    """A laboratory test in the basket."""

    code: str
    name: str


class BasketSeen(Struct, kw_only=True):
    """A basket as it would be signed now. `checks` is false while the knowledge base cannot be used; it `changes` an order
    where its line would take the place of one.
    """

    patient_id: UUID
    family: str
    given: str
    lines: list[LineSeen]
    complete: int
    stops: bool
    asks: bool
    checks: bool
    reasons: list[Coding]
    changes: bool = False
    tests: list[TestSeen] = []
    external: list[Card] = []  # of another program, about the basket as a whole
    signed: bool = False  # whether the hospital has signed the rules off


class Medicine(Struct, kw_only=True):
    """An order as people and programs see it."""

    id: UUID
    patient_id: UUID
    encounter_id: UUID
    name: str
    tall_man: str
    dose: str
    parts: list[str]
    kind: str
    route: str
    text: str
    state: str
    state_reason: str
    ends_on: date | None
    prescribed_at: datetime
    prescribed_by: str | None
    marks: list[str]
    version: int
    verification: Verification | None = None  # None: no pharmacist has looked at it as it is now
    supply: str = ""  # what the pharmacy has dispensed of it, in words


class Prescribed(Struct):
    """What a signature made."""

    patient_id: UUID
    medicines: list[Medicine]
    tests: list[str] = []


class HistoryStep(Struct, frozen=True):
    """One line of an order's history."""

    at: datetime
    kind: str
    text: str
    reason: str
    by: str | None


class ShownAlert(Struct, frozen=True):
    """What the checks showed at a signature, and the reason that was given."""

    rule: str
    kind: str
    tier: int
    summary: str
    source: str
    reason: str | None
    words: str


class MedicineDetail(Struct, kw_only=True):
    """An order with its whole history and the alerts of its signatures."""

    banner: Banner
    medicine: Medicine
    history: list[HistoryStep]
    alerts: list[ShownAlert]
    reasons: list[Coding]
    verifications: list[Verification] = []


class Numbers(Struct, kw_only=True):
    """The patient's numbers that dosing rests on, as they are shown; None is not recorded."""

    weight_kg: str | None = None
    weight_at: datetime | None = None
    creatinine_umol_per_l: str | None = None
    creatinine_at: datetime | None = None
    creatinine_imported: bool = False
    weight_old: str = ""
    creatinine_old: str = ""
    egfr: int | None = None
    clearance: int | None = None


class MedicinesPage(Struct, kw_only=True):
    """A patient's medicines: what is ordered now and what was."""

    banner: Banner
    patient_id: UUID
    has_stay: bool
    current: list[Medicine]
    past: list[Medicine]
    numbers: Numbers
    checks: bool
    offered: SetsPage | None = None  # what fills a basket, for whoever may prescribe now


class MedicinesScope(Scope, frozen=True, kw_only=True):
    """A patient's medicines, for watching."""

    patient: PatientScope
    zone: str
