"""The checks of another program, asked beside the built-in ones by CDS Hooks. Silence is never "safe": it is said and confirmed.

What leaves the house is what the hooks need and no more: the orders, what stands, sex, day of birth, allergies as they are
written, and ids; no name, no number, no address. The address comes from the settings alone, and no redirect is followed.
"""

import asyncio
import http.client
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import msgspec
import structlog
from msgspec import Struct

from wardline.orders import lines
from wardline.orders.hooks import RXNORM
from wardline.orders.lines import MedicineLine
from wardline.orders.models import Alert, Considered, Findings, Kind, NotChecked, Patient, Tier

log = structlog.get_logger("orders")
Hook = Literal["order-select", "order-sign"]
Answer = TypeVar("Answer", bound=Struct)
HOOKS = ("order-select", "order-sign")
ANSWER_BYTES_MAX = 1_000_000
CARDS_MAX = 50
WORDS_MAX = 2_000
DISCOVERED_SECONDS = 600.0
FAILURES_MAX = 3  # in a row; then it is left alone for a while, so that a dead service does not hold every signature up
LEFT_ALONE_SECONDS = 30.0
THREADS_MAX = 4
TIERS = {"critical": Tier.INTERRUPTS, "warning": Tier.BESIDE, "info": Tier.PASSIVE}
UNAVAILABLE = "checks unavailable"


class Failed(Exception):
    """The service did not answer as it should; the text says what was wrong, in words for a prescriber."""


class Address(Struct, frozen=True, kw_only=True):
    """Where the service is and how long it may take. `hooks` are those that it is asked by."""

    url: str
    name: str
    seconds: float = 2.0
    token: str = ""
    hooks: tuple[str, ...] = HOOKS

    @property
    def late(self) -> str:
        """What is said when it took longer."""
        return f"no answer within {self.seconds:g} {'second' if self.seconds == 1 else 'seconds'}"


class _Source(Struct):
    label: str = ""


class _Suggestion(Struct):
    label: str = ""


class _Card(Struct):
    summary: str
    indicator: Literal["critical", "warning", "info"]
    source: _Source
    detail: str = ""
    suggestions: list[_Suggestion] = []


class _Cards(Struct):
    cards: list[_Card]


class _Service(Struct):
    hook: str
    id: str
    prefetch: dict[str, str] = {}


class _Services(Struct):
    services: list[_Service]


class Asked(Struct, frozen=True, kw_only=True):
    """What the service is asked about."""

    patient_id: UUID
    user_id: UUID
    patient: Patient
    drafts: list[MedicineLine]
    standing: list[Considered]

    def same(self, other: "Asked") -> bool:
        """Whether it is about the same patient, drafts and orders, as far as the service gets to know of them."""
        return _told(self) == _told(other)


def _told(asked: Asked) -> tuple[Any, ...]:
    patient = asked.patient
    stands = [order.name for order in asked.standing if order.stopped_at is None]
    allergies = [allergy.substance for allergy in patient.allergies]
    return asked.patient_id, asked.drafts, stands, patient.female, patient.born_on, allergies


class Answered(Struct, frozen=True):
    """What the service said, and of what."""

    hook: Hook
    asked: Asked
    said: Findings


class External:
    """One service, with what is known of it: what it offers, and whether it has been silent."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._offered: list[_Service] = []
        self._offered_at = 0.0
        self._failures = 0
        self._left_alone_until = 0.0
        self._threads = ThreadPoolExecutor(max_workers=THREADS_MAX, thread_name_prefix="cds")

    async def ask(self, hook: Hook, asked: Asked) -> Findings:
        """What the service says of these drafts; or that it could not be asked, which a signature has to confirm."""
        if hook not in self.address.hooks:
            return Findings(signed=True)
        if time.monotonic() < self._left_alone_until:
            return self.unavailable("it did not answer just now, and is left alone for half a minute")
        try:
            found = await asyncio.wait_for(self._ask(hook, asked), self.address.seconds)
        except TimeoutError:
            return self._failed(self.address.late)
        except Failed as failed:
            return self._failed(str(failed))
        self._failures = 0
        return found

    def _failed(self, because: str) -> Findings:
        self._failures += 1
        if self._failures >= FAILURES_MAX:
            self._failures, self._left_alone_until = 0, time.monotonic() + LEFT_ALONE_SECONDS
        log.warning("cds_unavailable", reason=because)
        return self.unavailable(because)

    def unavailable(self, because: str) -> Findings:
        """That what it would have said is not known; a signature has to confirm it."""
        silent = NotChecked(self.address.name, because, title=UNAVAILABLE, so="What it would have said is not known.")
        return Findings(not_checked=[silent], signed=True)

    async def _ask(self, hook: Hook, asked: Asked) -> Findings:
        service = next((each for each in await self._services() if each.hook == hook), None)
        if service is None:
            raise Failed(f"it does not offer {hook}")
        body = json.dumps(request(hook, asked, service.prefetch)).encode()
        answer = _decoded(await self._exchange("POST", f"/{service.id}", body), _Cards)
        if len(answer.cards) > CARDS_MAX:
            raise Failed(f"it answered with more than {CARDS_MAX} cards")
        return Findings(alerts=[_alert(card, self.address.name) for card in answer.cards], signed=True)

    async def _services(self) -> list[_Service]:
        if not self._offered or time.monotonic() - self._offered_at > DISCOVERED_SECONDS:
            self._offered = _decoded(await self._exchange("GET", "", None), _Services).services
            self._offered_at = time.monotonic()
        return self._offered

    async def _exchange(self, method: str, path: str, body: bytes | None) -> bytes:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, _exchange, self.address, method, path, body)


def _exchange(address: Address, method: str, path: str, body: bytes | None) -> bytes:
    """One request on a connection of its own; Failed for anything but a 200 of a bearable size in time."""
    where = urlsplit(address.url)
    kind = http.client.HTTPSConnection if where.scheme == "https" else http.client.HTTPConnection
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    if address.token:
        headers["Authorization"] = f"Bearer {address.token}"
    ends = time.monotonic() + address.seconds
    connection = kind(where.hostname or "", where.port, timeout=address.seconds)
    try:
        connection.request(method, f"{where.path.rstrip('/')}{path}", body, headers)
        with connection.getresponse() as answer:
            if answer.status != http.client.OK:
                raise Failed(f"it answered with status {answer.status}")
            return _body(answer, address, ends)
    except TimeoutError as error:
        raise Failed(address.late) from error
    except (OSError, http.client.HTTPException) as error:
        raise Failed(f"it cannot be reached ({type(error).__name__})") from error
    finally:
        connection.close()


def _body(answer: http.client.HTTPResponse, address: Address, ends: float) -> bytes:
    content = b""
    while part := answer.read1(65_536):
        content += part
        if len(content) > ANSWER_BYTES_MAX:
            raise Failed("its answer is too large")
        if time.monotonic() > ends:
            raise Failed(address.late)
    return content


def _decoded(content: bytes, kind: type[Answer]) -> Answer:
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.MsgspecError as error:
        raise Failed("its answer cannot be read") from error


def _alert(card: _Card, name: str) -> Alert:
    advice = "; ".join(suggestion.label for suggestion in card.suggestions if suggestion.label)
    return Alert(
        rule="external",
        kind=Kind.EXTERNAL,
        tier=TIERS[card.indicator],
        summary=card.summary[:WORDS_MAX],
        why=card.detail[:WORDS_MAX],
        advice=advice[:WORDS_MAX],
        source=f"{name}: {card.source.label[:WORDS_MAX]}" if card.source.label else name,
    )


# --- what is sent ------------------------------------------------------------------------------------------------------
def request(hook: Hook, asked: Asked, prefetch: dict[str, str]) -> dict[str, Any]:
    """A CDS Hooks 2.0 request; of the prefetch that the service names, what is known here and needed for such checks."""
    drafts = [_medication_request(f"draft-{at}", line, asked.patient_id) for at, line in enumerate(asked.drafts)]
    context: dict[str, Any] = {
        "userId": f"Practitioner/{asked.user_id}",
        "patientId": str(asked.patient_id),
        "draftOrders": _bundle(drafts),
    }
    if hook == "order-select":
        context["selections"] = [f"MedicationRequest/{draft['id']}" for draft in drafts]
    known = {key: _prefetched(template, asked) for key, template in prefetch.items()}
    return {
        "hook": hook,
        "hookInstance": str(uuid4()),
        "context": context,
        "prefetch": {key: resource for key, resource in known.items() if resource is not None},
    }


def _prefetched(template: str, asked: Asked) -> dict[str, Any] | None:
    what = template.partition("?")[0].partition("/")[0]
    patient = asked.patient
    if what == "Patient":
        sex = {True: "female", False: "male", None: "unknown"}[patient.female]
        born = {"birthDate": patient.born_on.isoformat()} if patient.born_on else {}
        return {"resourceType": "Patient", "id": str(asked.patient_id), "gender": sex, **born}
    if what == "AllergyIntolerance":
        return _bundle([_allergy(each.substance, asked.patient_id) for each in patient.allergies])
    if what == "MedicationRequest":
        return _bundle([_standing(order, asked.patient_id) for order in asked.standing if order.stopped_at is None])
    return None


def _bundle(resources: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}


def _allergy(substance: str, patient_id: UUID) -> dict[str, Any]:
    return {
        "resourceType": "AllergyIntolerance",
        "patient": {"reference": f"Patient/{patient_id}"},
        "code": {"text": substance},
    }


def _standing(order: Considered, patient_id: UUID) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "subject": {"reference": f"Patient/{patient_id}"},
        "medicationCodeableConcept": _concept(order.name, [drug.rxnorm for drug in order.drugs]),
    }


def _concept(name: str, codes: Sequence[str]) -> dict[str, Any]:
    coding = [{"system": RXNORM, "code": codes[0]}] if len(codes) == 1 and codes[0] else []
    return {"text": name, "coding": coding}


def _repeat(line: MedicineLine) -> dict[str, Any]:
    """How often, as FHIR's `Timing.repeat` has it; empty where the line does not say."""
    repeat: dict[str, Any] = {}
    if line.times_per_day is not None:
        repeat = {"frequency": line.times_per_day, "period": 1, "periodUnit": "d"}
    elif line.every_hours is not None:
        repeat = {"frequency": 1, "period": line.every_hours, "periodUnit": "h"}
        repeat |= {"periodMax": line.every_hours_to} if line.every_hours_to else {}
    repeat |= {"dayOfWeek": list(line.weekdays)} if line.weekdays else {}
    return repeat | ({"timeOfDay": [f"{clock}:00" for clock in line.clocks]} if line.clocks else {})


def _medication_request(resource_id: str, line: MedicineLine, patient_id: UUID) -> dict[str, Any]:
    dosage: dict[str, Any] = {"text": lines.text(line)}
    if line.route:
        dosage["route"] = {"text": line.route}
    if line.amount is not None and not line.per_kg and not line.rate:
        quantity = {"value": float(line.amount.value), "unit": line.amount.unit}
        dosage["doseAndRate"] = [{"doseQuantity": quantity}]
    repeat = _repeat(line)
    if repeat:
        dosage["timing"] = {"repeat": repeat}
    if line.as_needed:
        dosage["asNeededBoolean"] = True
    return {
        "resourceType": "MedicationRequest",
        "id": resource_id,
        "status": "draft",
        "intent": "order",
        "subject": {"reference": f"Patient/{patient_id}"},
        "medicationCodeableConcept": _concept(line.name, []),
        "dosageInstruction": [dosage],
    }


# --- the one that is set -----------------------------------------------------------------------------------------------
_set: list[External] = []


def configure(address: Address | None) -> None:
    """Use this service from now on; None uses none."""
    _set[:] = [] if address is None else [External(address)]


def name() -> str:
    """The name of the service that is asked, or nothing."""
    return _set[0].address.name if _set else ""


async def ask(hook: Hook, asked: Asked) -> Answered | None:
    """What the service says; None where none is set. Whoever waits for it holds neither a connection nor a lock."""
    return Answered(hook, asked, await _set[0].ask(hook, asked)) if _set else None


def said_of(asked: Asked, hook: Hook, ahead: Answered | None) -> Findings | None:
    """What the service said when it was asked of exactly this; where it was asked of something else, because the patient's
    orders changed meanwhile, that is not known. None where no service is set, or none that is asked by this hook.
    """
    if not _set or hook not in _set[0].address.hooks:
        return None
    if ahead is None or ahead.hook != hook or not ahead.asked.same(asked):
        return _set[0].unavailable("the patient's record changed while it was asked: check again")
    return ahead.said
