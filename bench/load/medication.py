"""What nurses do at a drug round and pharmacists at their queue, by the product's own pages: the list, the sheet, the form.

The doses that a ward's round has shown are shared by the ward's nurses: whoever gives next takes the one that is due first.
Where no planned dose can be given now, somebody is given what they may have when needed.
"""

import re
from abc import abstractmethod
from collections import deque
from urllib.parse import urlencode

import msgspec

from bench.load import checks
from bench.load.charting import Charting, Sent
from bench.load.http import Call, Check
from bench.load.model import Patient
from bench.load.users import Topic, User

HOURS_AHEAD = 4  # a dose that is due later may not be given yet
DRY_SECONDS = 60.0  # so long a round without a dose is not read again
LOOKS_AFTER_SHARE = 0.25  # of the nurses who gave a dose, who read the chart that they are sent to
_ROW = re.compile(
    rb'<tr id="round-([0-9a-f-]{36})" class="in-(\d+)">.*?href="/patients/([0-9a-f-]{36})/given"', re.DOTALL
)
_NEEDED = re.compile(rb'<a class="ds can_give" href="&#x2f;medicines&#x2f;([0-9a-f-]{36})&#x2f;giving"')
_ORDER = re.compile(rb'data-order="([0-9a-f-]{36})"')
_QUEUED = re.compile(rb'<tr id="order-([0-9a-f-]{36})"')
_VALUE = r'name="{}"[^>]*? value="([^"]*)"'


class Dose(msgspec.Struct, frozen=True):
    """Something to give: the page of its sheet, what its form is sent to, and to whom."""

    sheet: str
    path: str
    patient: Patient

    @property
    def is_planned(self) -> bool:
        """Whether it is one of the planned doses."""
        return self.path.startswith("/doses/")


def value_of(body: bytes, name: str) -> str:
    """What a field of a form holds."""
    found = re.search(_VALUE.format(name).encode(), body)
    return found.group(1).decode() if found else ""


def form_of(body: bytes, dose: Dose) -> list[tuple[str, str]] | None:
    """What a nurse sends from the sheet: both scans, the clock and the dose as shown, and what the sheet asks besides.
    None where it is not open any more, or a second person has to sign."""
    order = _ORDER.search(body)
    if b'id="give-go"' not in body or b'name="witness_email"' in body or order is None:
        return None
    form = [("version", value_of(body, "version")), ("patient_scan", dose.patient.id)]
    form += [("drug_scan", order.group(1).decode()), ("given_clock", value_of(body, "given_clock"))]
    if b'name="time_reason"' in body:
        form.append(("time_reason", "With another patient"))
    if b'name="confirmed"' in body:
        form.append(("confirmed", "true"))
    if b'name="route_checked"' in body:
        form.append(("route_checked", "true"))
    if amount := value_of(body, "amount"):
        form.append(("amount", amount))
    if b'name="reason" ' in body and not dose.is_planned:
        form.append(("reason", "Asked for it"))
    return form


class Medication(Charting):
    """The acts; the journeys mix them in with all others."""

    _due: dict[str, deque[Dose]]  # by ward
    _dry: dict[str, float]  # wards in whose round nothing can be given, and until when that is believed
    _taken: set[str]  # doses given, or on the way

    # ---- giving -------------------------------------------------------------------------------------------------

    def _give(self, user: User, due: float) -> Call:
        """The dose that is due first: its sheet, then the form. Without one the round is read first."""
        dose = self._next_dose(user.actor.ward)
        if dose is not None:
            return self._sheet(user, dose, due)
        if self._dry.get(user.actor.ward, 0.0) > due:
            return self._needed(user, due)
        return self._round(user, due)

    def _next_dose(self, ward: str) -> Dose | None:
        doses = self._due.get(ward, deque())
        while doses:
            dose = doses.popleft()
            if dose.path not in self._taken:
                return dose
        return None

    def _round(self, user: User, due: float) -> Call:
        ward = user.actor.ward
        people = {patient.id: patient for patient in self._patients(ward)}
        topic = self._named(f"round:{ward}")

        def settled(call: Call, good: bool) -> None:
            if not good:
                return
            rows = [
                (f"/doses/{dose.decode()}", int(within), person.decode())
                for dose, within, person in _ROW.findall(call.body)
            ]
            found = [
                Dose(path, path, people[person])
                for path, within, person in rows
                if within <= HOURS_AHEAD and person in people and path not in self._taken
            ]
            self._due[ward] = deque(found)
            if not found:
                self._dry[ward] = due + DRY_SECONDS
            if user.planned is None:
                user.planned = self._give

        check = checks.contains(f"/wards/{ward}/round")
        sent = Sent(topic, topic.known, settled=settled)
        return self._page(user, "drug round", f"/wards/{ward}/round".encode(), due, check, sent)

    def _sheet(self, user: User, dose: Dose, due: float) -> Call:
        self._taken.add(dose.path)

        def settled(call: Call, good: bool) -> None:
            form = form_of(call.body, dose) if good else None
            if form is not None and user.planned is None:
                user.planned = lambda again, then: self._send_dose(again, dose, form, then)
            else:
                self._taken.discard(dose.path)  # still to be given, and seen again with the next round

        request = self._requests.fragment(dose.sheet.encode(), user)
        check = checks.sheet(dose.path, dose.patient.id)
        return Call(user, "sheet of a dose", request, due=due, check=check, note=Sent(settled=settled))

    def _send_dose(self, user: User, dose: Dose, form: list[tuple[str, str]], due: float) -> Call:
        patient, path = dose.patient, f"/patients/{dose.patient.id}/given"
        topics = [self._topic("given", patient), self._topic("patient", patient), self._named(f"round:{patient.ward}")]

        def settled(call: Call, good: bool) -> None:
            if not dose.is_planned:
                self._taken.discard(dose.path)
            elif good and user.planned is None and self._dice.random() < LOOKS_AFTER_SHARE:
                user.planned = lambda again, then: self._chart(again, patient, then, without=dose.path)

        route = "give a dose" if dose.is_planned else "give when needed"
        sent = Sent(raises=self._raised(*topics), settled=settled)
        return self._write(
            user, route, f"{dose.path}/giving".encode(), form, due, checks.redirects_to(path.encode()), sent
        )

    def _chart(self, user: User, patient: Patient, due: float, *, without: str = "") -> Call:
        """The patient's chart of given medicines; a dose that was given is not there to be given again."""
        topic = self._topic("given", patient)
        call = self._of_patient(user, "medicines given", patient, b"/given", due, topic)
        if without:
            call.check = checks.given(call.check, without)
        return call

    def _needed(self, user: User, due: float) -> Call:
        """The chart of somebody, and what they may have when needed; nobody else's hand is at the same order."""
        patient = self._open_chart(user)
        call = self._chart(user, patient, due)

        def settled(answer: Call, good: bool) -> None:
            found = [f"/medicines/{order.decode()}" for order in _NEEDED.findall(answer.body)] if good else []
            free = [path for path in found if path not in self._taken]
            if free and user.planned is None:
                dose = Dose(f"{free[0]}/giving", free[0], patient)
                user.planned = lambda again, then: self._sheet(again, dose, then)

        call.note = Sent(call.note.topic, call.note.version, settled=settled)
        return call

    # ---- the pharmacy's queue -----------------------------------------------------------------------------------

    def _pharmacy(self, user: User, due: float) -> Call:
        """The list of new orders is read, one of them opened with its context, and verified."""
        topic = self._named(f"pharmacy:{user.actor.hospital}:new")

        def settled(call: Call, good: bool) -> None:
            found = [f"/medicines/{order.decode()}" for order in _QUEUED.findall(call.body)] if good else []
            free = [path for path in found if path not in self._taken]
            if free and user.planned is None:
                path = self._dice.choice(free)
                user.planned = lambda again, then: self._look_at_order(again, path, then)

        sent = Sent(topic, topic.known, settled=settled)
        check = checks.contains('id="queue-body"')
        return self._page(user, "pharmacy queue", b"/pharmacy/queue/new", due, check, sent)

    def _look_at_order(self, user: User, path: str, due: float) -> Call | None:
        if path in self._taken:
            return None
        self._taken.add(path)

        def settled(call: Call, good: bool) -> None:
            version = value_of(call.body, "version") if good and f'"{path}/verification"'.encode() in call.body else ""
            if version and user.planned is None:
                user.planned = lambda again, then: self._verify(again, path, version, then)
            else:
                self._taken.discard(path)

        request = self._requests.fragment(f"{path}/pharmacy?{urlencode({'sheet': 'true'})}".encode(), user)
        check = checks.contains(path)
        return Call(user, "order at the pharmacy", request, due=due, check=check, note=Sent(settled=settled))

    def _verify(self, user: User, path: str, version: str, due: float) -> Call:
        def settled(call: Call, good: bool) -> None:
            self._taken.discard(path)

        sent = Sent(raises=self._raised(self._named(f"pharmacy:{user.actor.hospital}:new")), settled=settled)
        check = checks.redirects_to(f"{path}/pharmacy".encode())
        form = [("version", version), ("words", "")]
        return self._write(user, "verify an order", f"{path}/verification".encode(), form, due, check, sent)

    # ---- of the journeys ----------------------------------------------------------------------------------------

    @abstractmethod
    def _patients(self, ward: str) -> list[Patient]:
        """Who lies on the ward."""

    @abstractmethod
    def _named(self, name: str) -> Topic:
        """The topic of this name."""

    @abstractmethod
    def _page(self, user: User, route: str, path: bytes, due: float, check: Check, sent: Sent | None) -> Call:
        """A whole page."""
