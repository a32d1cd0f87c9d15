"""What doctors and nurses do with notes, medicines and tests: forms opened before they are sent, drafts saved by
themselves while somebody writes, an order looked at by the checks before it is signed.

What an answer says (the note's address, the version of somebody's words, the cards that a signature must have seen) is
kept for the next request, so each of them is the one that the page's own script would send.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from random import Random

import msgspec

from bench.load import checks
from bench.load.http import Call, Check
from bench.load.model import Patient
from bench.load.requests import Requests
from bench.load.users import Draft, Topic, User

SAVES_OF_NOTE = 9  # then it is signed and the next one is begun
KINDS = {
    "nurse": ("nursing", ("condition", "care", "concerns")),
    "doctor": ("progress", ("subjective", "assessment", "plan")),
}
WORDS = (
    "Comfortable.",
    "Slept well.",
    "Eating and drinking.",
    "No new complaint.",
    "Continue.",
    "Reviewed on the round.",
)
TESTS = (("UE", "FBC"), ("UE", "CRP"), ("FBC",), ("COAG",), ("K",))
# Lines as they are typed; none of them is what many people are allergic to.
LINES = (
    "paracetamol 1 g oral qds", "lansoprazole 15 mg oral om", "senna 15 mg oral on prn for constipation",
    "cyclizine 50 mg oral tds prn for nausea", "amlodipine 5 mg oral om", "doxycycline 100 mg oral bd 7d",
    "atorvastatin 20 mg oral on", "allopurinol 100 mg oral od",
)  # fmt: skip
_CARD = re.compile(rb'name="shown" value="([0-9a-f-]{36})"')
_NOTE = re.compile(rb"/notes/([0-9a-f-]{36})")


class Saved(msgspec.Struct):
    """What the answer to an autosave says."""

    note_id: str
    version: int
    note_version: int


class Sent(msgspec.Struct):
    """What a call promises: the topic and version that its page must show, and for a write the topics it raises.
    `settled` hears of the answer, and whether it was a good one."""

    topic: Topic | None = None
    version: int = 0
    raises: list[tuple[Topic, int]] = []
    patient: Patient | None = None
    settled: Callable[[Call, bool], None] | None = None


class Charting(ABC):
    """The acts; the journeys mix them in with all others."""

    _requests: Requests
    _dice: Random
    _busy: set[str]

    def _note(self, user: User, due: float) -> Call:
        """Words of the open draft are saved; without one a note is begun, and a long one is signed."""
        draft = user.draft
        if draft is None:
            return self._begin(user, due)
        if draft.is_sending:
            return self._of_patient(
                user, "chart summary", draft.patient, b"", due, self._topic("patient", draft.patient)
            )
        draft.is_sending = True
        return self._sign_note(user, draft, due) if draft.saves >= SAVES_OF_NOTE else self._save(user, draft, due)

    def _begin(self, user: User, due: float) -> Call:
        patient = user.patient or self._open_chart(user)
        kind, _ = KINDS.get(user.role, KINDS["doctor"])
        user.draft = draft = Draft(patient, kind)

        def settled(call: Call, good: bool) -> None:
            found = _NOTE.fullmatch(call.header(b"hx-redirect")) if good else None
            draft.id, draft.is_sending = (found.group(1).decode() if found else ""), False
            if not found:
                user.draft = None

        sent = Sent(raises=self._raised(self._topic("patient", patient)), settled=settled)
        path = f"/patients/{patient.id}/notes".encode()
        return self._write(user, "begin a note", path, [("kind", kind)], due, checks.begins_a_note, sent)

    def _save(self, user: User, draft: Draft, due: float) -> Call:
        """Every few words, as the editor does it: the whole text of one section, at the version it was saved as last."""
        section = KINDS.get(user.role, KINDS["doctor"])[1][draft.saves // 3 % 3]
        version = draft.versions.get(section, 0)
        draft.text = f"{draft.text} {self._dice.choice(WORDS)}".strip() if version else self._dice.choice(WORDS)

        def settled(call: Call, good: bool) -> None:
            draft.is_sending = False
            if not good:
                user.draft = None  # whether the words were kept is not known, so neither is their version
                return
            saved = msgspec.json.decode(call.body, type=Saved)
            draft.versions[section], draft.version = saved.version, saved.note_version
            draft.saves += 1

        request = self._requests.autosave(f"/notes/{draft.id}/sections/{section}".encode(), user, draft.text, version)
        check = checks.saved_as(draft.id, version + 1)
        return Call(user, "autosave a note", request, due=due, check=check, note=Sent(settled=settled))

    def _sign_note(self, user: User, draft: Draft, due: float) -> Call:
        def settled(call: Call, good: bool) -> None:
            user.draft = None

        path = f"/notes/{draft.id}"
        form = [("version", str(draft.version))]
        sent = Sent(raises=self._raised(self._topic("patient", draft.patient)), settled=settled)
        check = checks.redirects_to(path.encode())
        return self._write(user, "sign a note", f"{path}/signature".encode(), form, due, check, sent)

    # ---- medicines and tests ---------------------------------------------------------------------------------------

    def _prescribe(self, user: User, due: float) -> Call | None:
        """A line is typed and looked at by the checks; it is signed with what they ask. None while somebody else writes
        an order for the same patient: then the cards would be others at the signature."""
        patient = user.patient or self._open_chart(user)
        held = f"medicines {patient.id}"
        if held in self._busy:
            return None
        self._busy.add(held)
        line = self._dice.choice(LINES)

        def settled(call: Call, good: bool) -> None:
            if not good or user.planned is not None:
                self._busy.discard(held)
                return
            body = call.body
            user.planned = lambda again, then: self._sign_order(again, patient, line, body, then)

        path = f"/patients/{patient.id}/medicines/preview".encode()
        request = self._requests.write(path, user, [("lines", line)])
        check = checks.names(patient.family)
        return Call(user, "check an order", request, due=due, check=check, note=Sent(settled=settled))

    def _sign_order(self, user: User, patient: Patient, line: str, preview: bytes, due: float) -> Call:
        form = [("lines", line), *(("shown", card.decode()) for card in _CARD.findall(preview))]
        if b'name="reason"' in preview:
            form.append(("reason", "benefit_outweighs"))
        if b'name="confirmed"' in preview:
            form.append(("confirmed", "true"))

        def settled(call: Call, good: bool) -> None:
            self._busy.discard(f"medicines {patient.id}")

        path = f"/patients/{patient.id}/medicines".encode()
        sent = Sent(raises=self._raised(self._topic("medicines", patient)), settled=settled)
        return self._write(user, "prescribe", path, form, due, checks.redirects_to(path), sent)

    def _order_tests(self, user: User, due: float) -> Call:
        """The form is opened, then tests are asked for."""
        patient = user.patient or self._open_chart(user)
        user.planned = lambda again, then: self._send_order(again, patient, then)
        return self._of_patient(user, "order form", patient, b"/lab-orders/new", due, None)

    def _send_order(self, user: User, patient: Patient, due: float) -> Call:
        form = [
            *(("tests", code) for code in self._dice.choice(TESTS)),
            ("urgency", "routine"),
            ("reason", "Follow-up"),
        ]
        path = f"/patients/{patient.id}/lab-orders".encode()
        sent = Sent(raises=self._raised(self._topic("patient", patient)))
        return self._write(user, "order tests", path, form, due, checks.redirects_to(path), sent)

    def _raised(self, *topics: Topic) -> list[tuple[Topic, int]]:
        return [(topic, topic.known) for topic in topics]

    # ---- of the journeys -------------------------------------------------------------------------------------------

    @abstractmethod
    def _open_chart(self, user: User) -> Patient:
        """Whose chart the user opens now."""

    @abstractmethod
    def _topic(self, kind: str, patient: Patient) -> Topic:
        """The topic of this kind about the patient."""

    @abstractmethod
    def _of_patient(
        self, user: User, route: str, patient: Patient, below: bytes, due: float, topic: Topic | None
    ) -> Call:
        """A page below the patient's own."""

    @abstractmethod
    def _write(
        self, user: User, route: str, path: bytes, form: list[tuple[str, str]], due: float, check: Check, sent: Sent
    ) -> Call:
        """A form that is sent."""
