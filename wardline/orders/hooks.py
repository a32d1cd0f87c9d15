"""CDS Hooks: requests of other programs read into orders, and findings answered as cards. Pure.

Only what the checks need is read from a MedicationRequest (FHIR R4); a drug, dose or route that is not understood is answered
as "not checked", never left out.
"""

import math
from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from wardline.orders import cards, checks, entry, reading
from wardline.orders.cards import Card
from wardline.orders.drugs import Understood
from wardline.orders.knowledge import Knowledge
from wardline.orders.models import Considered, NotChecked, Patient
from wardline.orders.queries import NewFeedback
from wardline.platform.errors import Invalid
from wardline.platform.ids import new_id

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
DRAFTS_MAX = 50
FEEDBACK_MAX = 100
HOURS_OF = {"h": 1.0, "d": 24.0, "wk": 168.0, "min": 1 / 60}


class Service(Struct):
    hook: str
    id: str
    title: str
    description: str


class Services(Struct):
    services: list[Service]


SERVICES = Services(
    [
        Service(
            "order-select",
            "order-select",
            "Medicine checks while ordering",
            "Interactions, allergies, duplicates, dose, kidney, diseases, pregnancy and age of the selected orders.",
        ),
        Service(
            "order-sign",
            "order-sign",
            "Medicine checks at the signature",
            "The same for every draft order; critical cards need an override reason.",
        ),
    ]
)


class Cards(Struct):
    cards: list[Card]


class Received(Struct):
    """How many answers were stored."""

    stored: int


class FhirCoding(Struct):
    system: str = ""
    code: str = ""
    display: str = ""


class Concept(Struct):
    text: str = ""
    coding: list[FhirCoding] = []


class Quantity(Struct):
    value: float | None = None
    unit: str = ""
    code: str = ""


class DoseAndRate(Struct, rename="camel"):
    dose_quantity: Quantity | None = None


class Repeat(Struct, rename="camel"):
    frequency: int | None = None
    frequency_max: int | None = None
    period: float | None = None
    period_unit: str = ""
    time_of_day: list[str] = []
    when: list[str] = []


class Timing(Struct):
    repeat: Repeat | None = None


class Dosage(Struct, rename="camel"):
    timing: Timing | None = None
    route: Concept | None = None
    dose_and_rate: list[DoseAndRate] = []


class MedicationRequest(Struct, rename="camel"):
    id: str = ""
    medication_codeable_concept: Concept | None = None
    dosage_instruction: list[Dosage] = []


class HookContext(Struct, rename="camel"):
    patient_id: UUID
    selections: list[str] = []
    draft_orders: dict[str, Any] = {}


class Request(Struct, rename="camel"):
    """What a program sends; fields that the checks do not read are overlooked, as CDS Hooks asks."""

    hook: str
    hook_instance: str
    context: HookContext


class OverrideReason(Struct, rename="camel"):
    reason: FhirCoding | None = None
    user_comment: Annotated[str, Meta(max_length=500)] = ""


class OneFeedback(Struct, rename="camel"):
    card: UUID
    outcome: Literal["accepted", "overridden"]
    override_reason: OverrideReason | None = None


class Feedback(Struct):
    feedback: Annotated[list[OneFeedback], Meta(min_length=1, max_length=FEEDBACK_MAX)]


def request(body: bytes, hook: str) -> Request:
    """A request for this hook; Invalid names what is wrong."""
    try:
        asked = msgspec.json.decode(body, type=Request)
    except msgspec.MsgspecError as error:
        raise Invalid(str(error), fields={"body": "This is not a CDS Hooks request."}) from None
    if asked.hook != hook:
        raise Invalid(fields={"hook": f"This service answers {hook}."})
    return asked


def feedback(body: bytes) -> NewFeedback:
    """Feedback on cards, ready to be stored; Invalid when it is none."""
    try:
        given = msgspec.json.decode(body, type=Feedback).feedback
    except msgspec.MsgspecError as error:
        raise Invalid(str(error), fields={"body": "This is not CDS Hooks feedback."}) from None
    reasons = [one.override_reason or OverrideReason() for one in given]
    return NewFeedback(
        ids=[new_id() for _ in given],
        cards=[one.card for one in given],
        outcomes=[one.outcome for one in given],
        reasons=[_storable(one.reason.code)[:100] if one.reason else "" for one in reasons],
        words=[_storable(one.user_comment) for one in reasons],
    )


def _storable(text: str) -> str:
    """Without the characters that no database text can hold."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()


def answer(asked: Request, patient: Patient, standing: Sequence[Considered], rules: Knowledge | None) -> Cards:
    """Cards for the drafts (those selected, for order-select), each checked against everything else."""
    drafts = _drafts(asked)
    seen = [_considered(draft, rules) for draft in drafts]
    wanted = set(asked.context.selections) if asked.hook == "order-select" else set[str]()
    made: list[Card] = []
    for at, (draft, order) in enumerate(zip(drafts, seen, strict=True)):
        if wanted and f"MedicationRequest/{draft.id}" not in wanted:
            continue
        findings = checks.check(order, patient, [*standing, *seen[:at], *seen[at + 1 :]], rules)
        if order.drugs:
            findings.not_checked += _not_understood(draft, order)
        made += cards.cards(findings, order.name)
    return Cards(made)


def _not_understood(draft: MedicationRequest, order: Considered) -> list[NotChecked]:
    """What of the dosage was not read, or was not there to read."""
    dosages = draft.dosage_instruction
    doses = [each for dosage in dosages for each in dosage.dose_and_rate]
    unread = {
        "the order has more than one dosage": len(dosages) > 1 or len(doses) > 1,
        "the order's dose is not understood": order.dose is None,
        "how often the order is given is not understood": order.day_total is None,
        "the order's route is not understood": any(dosage.route and not _route(dosage.route) for dosage in dosages),
    }
    return [NotChecked("dose", because) for because, so in unread.items() if so]


def _drafts(asked: Request) -> list[MedicationRequest]:
    entries = asked.context.draft_orders.get("entry", [])
    if not isinstance(entries, list):
        raise Invalid(fields={"context.draftOrders": "This is not a bundle."})
    resources = [one.get("resource") for one in entries if isinstance(one, dict)]
    drafts = [one for one in resources if isinstance(one, dict) and one.get("resourceType") == "MedicationRequest"]
    if len(drafts) > DRAFTS_MAX:
        raise Invalid(fields={"context.draftOrders": f"At most {DRAFTS_MAX} orders at once."})
    try:
        return msgspec.convert(drafts, list[MedicationRequest])
    except msgspec.ValidationError as error:
        raise Invalid(str(error), fields={"context.draftOrders": "An order cannot be read."}) from None


def _considered(draft: MedicationRequest, rules: Knowledge | None) -> Considered:
    concept = draft.medication_codeable_concept or Concept()
    found = _drug(concept, rules)
    written = concept.text or next((coding.display or coding.code for coding in concept.coding), "")
    dosage = draft.dosage_instruction[0] if draft.dosage_instruction else Dosage()
    quantity = dosage.dose_and_rate[0].dose_quantity if dosage.dose_and_rate else None
    unit = reading.UNITS.get((quantity.unit or quantity.code).lower(), "") if quantity else ""
    dose = quantity.value if quantity and unit and quantity.value and math.isfinite(quantity.value) else None
    return Considered(
        name=found.name if found else written or "an order without a name",
        drugs=found.drugs if found else (),
        route=_route(dosage.route),
        unit=unit,
        dose=dose,
        day_total=_day_total(dose, dosage.timing),
    )


def _drug(concept: Concept, rules: Knowledge | None) -> Understood | None:
    """By its RxNorm ingredient code, else by its words."""
    if rules is None:
        return None
    codes = {coding.code for coding in concept.coding if coding.system == RXNORM and coding.code}
    for drug in rules.table.drugs.values():
        if drug.rxnorm in codes:
            return Understood(drug.name, (drug,))
    written = [concept.text, *(coding.display for coding in concept.coding)]
    return next((found for words in written if words for found in [rules.table.find(words)] if found), None)


def _route(route: Concept | None) -> str:
    if route is None:
        return ""
    written = [route.text, *(coding.display for coding in route.coding)]
    known = [entry.ROUTES.get(words.lower().removesuffix(" route").strip(), "") for words in written]
    return next((words for words in known if words), "")


def _day_total(dose: float | None, timing: Timing | None) -> float | None:
    """The most that one day can come to, and one dose at least; None where the timing is not understood."""
    repeat = timing.repeat if timing else None
    hours = HOURS_OF.get(repeat.period_unit) if repeat else None
    if dose is None or repeat is None or hours is None or not repeat.period or repeat.period <= 0:
        return None
    times = max(repeat.frequency or 0, repeat.frequency_max or 0)
    if times <= 0 or times < max(len(repeat.time_of_day), len(repeat.when)):
        return None
    total = max(dose, dose * times * 24.0 / (repeat.period * hours))
    return total if math.isfinite(total) else None
