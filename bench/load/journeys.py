"""What a user does next, along the journey of their role on their own ward, and how its answer is checked.

A read of a patient opens their chart; what follows is about the same patient until another chart is opened. Forms are
opened before they are sent. Whoever finds nothing to do for an act (no task to take on, no free bed) does the nearest
other thing.
"""

import re
from itertools import accumulate
from random import Random
from urllib.parse import quote

from bench.load import checks, mix, values
from bench.load.charting import Charting, Sent
from bench.load.http import Call, Check
from bench.load.model import Bed, Part, Patient, Place
from bench.load.requests import Requests
from bench.load.screens import acts_in, words_of
from bench.load.users import Topic, User

TASK = re.compile(r"/tasks/([0-9a-f-]{36}/(?:acknowledgement|completion))")
OVERRIDE = "No other bed is free"
PRESCRIBES_SHARE, ORDERS_SHARE = 0.5, 0.25


class SentAboutBeds(Sent):
    """What a call about beds promises besides: `leaves` is the bed that the patient leaves."""

    beds: list[Bed] = []
    leaves: str = ""


class Journeys(Charting):
    """The acts of one worker's users."""

    def __init__(self, part: Part, requests: Requests, topics: dict[str, Topic], dice: Random) -> None:
        self._requests = requests
        self._topics = topics
        self._dice = dice
        self._places = {place.id: place for place in part.places}
        self._known = part.known
        self._busy: set[str] = set()  # patients and beds that a write is on its way for, and tasks taken on
        self._acts = {role.name: (list(role.acts), list(accumulate(role.acts.values()))) for role in mix.ROLES}
        self._searches = list(mix.SEARCHES), list(accumulate(mix.SEARCHES.values()))

    def next(self, user: User, due: float) -> Call:
        """The user's next request."""
        if user.planned is not None:
            planned, user.planned = user.planned, None
            call = planned(user, due)
            if call is not None:
                return call
        names, weights = self._acts[user.role]
        act = self._dice.choices(names, cum_weights=weights)[0]
        return getattr(self, f"_{act}")(user, due)

    # ---- reads -------------------------------------------------------------------------------------------------

    def reread(self, user: User, due: float) -> Call:
        """The page that stays open, read anew by its own script."""
        return self._home(user, due, "reread")

    def first(self, user: User, due: float) -> Call:
        """The page that stays open, as it is first opened."""
        topic = user.topics[0]
        sent = Sent(topic, topic.known)
        return self._page(user, "first page", user.home, due, checks.any_of(topic.name), sent)

    def first_bell(self, user: User, due: float) -> Call:
        """Every whole page asks for its bell as soon as it is there."""
        return self._bell(user, due, "first bell")

    def _bell(self, user: User, due: float, route: str) -> Call:
        return Call(
            user, route, self._requests.fragment(b"/tasks/bell", user), due=due, check=checks.contains('id="bell"')
        )

    def _home(self, user: User, due: float, route: str) -> Call:
        topic = user.topics[0]
        request = self._requests.fragment(user.home, user)
        return Call(user, route, request, due=due, check=checks.any_of(topic.name), note=Sent(topic, topic.known))

    def _board(self, user: User, due: float) -> Call:
        return self._home(user, due, {"w": "ward board", "t": "worklist", "b": "bed board"}[user.topics[0].name[0]])

    def _summary(self, user: User, due: float) -> Call:
        patient = self._open_chart(user)
        if user.role == "receptionist":
            return self._of_patient(user, "details", patient, b"/details", due, self._topic("patient", patient))
        return self._of_patient(user, "chart summary", patient, b"", due, self._topic("patient", patient))

    def _panels(self, user: User, due: float) -> Call:
        patient = user.patient or self._open_chart(user)
        which = self._dice.random()
        if user.role == "laboratory_technician" and which < 0.5:
            topic = self._named(f"lab:{user.actor.hospital}")
            check = checks.contains("/lab/benches/chemistry")
            return self._page(user, "laboratory", b"/lab", due, check, Sent(topic, topic.known))
        for below, share in (("results", 0.35), ("medicines", 0.65), ("observations", 0.9)):
            if which < share:
                route = {"observations": "observation chart"}.get(below, below)
                return self._of_patient(user, route, patient, f"/{below}".encode(), due, self._topic(below, patient))
        if which < 0.95:
            return self._of_patient(user, "trends", patient, b"/observations/trends", due, None)
        ward, topic = user.actor.ward, self._named(f"ward:{user.actor.ward}")
        path = f"/wards/{ward}/risk".encode()
        return self._page(user, "ward by risk", path, due, checks.contains(f"/wards/{ward}"), Sent(topic, topic.known))

    def _search(self, user: User, due: float) -> Call:
        if user.role == "hospital_manager":
            return self._board(user, due)
        who = self._dice.choice(self._known[user.actor.hospital])
        kind = self._dice.choices(self._searches[0], cum_weights=self._searches[1])[0]
        text, must_find = values.typed(self._dice, kind, who)
        request = self._requests.fragment(f"/patients?q={quote(text)}".encode(), user)
        check = checks.finds(who.id) if must_find else checks.contains('id="found"')
        return Call(user, f"search {kind.replace('_', ' ')}", request, due=due, check=check)

    def _inbox(self, user: User, due: float) -> Call:
        if self._dice.random() < 0.5:
            return self._bell(user, due, "bell")
        topic = self._named(f"tasks:{user.actor.hospital}:{mix.STAFF_ROLE.get(user.role, user.role)}")
        return self._page(user, "inbox", b"/tasks", due, checks.contains('id="tasks"'), Sent(topic, topic.known))

    def _other(self, user: User, due: float) -> Call:
        which = self._dice.random()
        if which < 0.4:
            who = self._dice.choice(self._known[user.actor.hospital])
            request = self._requests.program(f"/palette?q={quote(who.family[:4].lower())}".encode(), user)
            return Call(user, "palette", request, due=due, check=checks.contains('"items"'))
        if which < 0.7:
            topic = self._named(f"beds:{user.actor.hospital}")
            place = self._places[user.actor.ward]
            check = checks.contains(f"/wards/{place.id}")
            return self._page(user, "wards", b"/wards", due, check, Sent(topic, topic.known))
        patient = user.patient or self._open_chart(user)
        request = self._requests.fragment(f"/beds/{patient.bed}".encode(), user)
        return Call(user, "bed", request, due=due, check=checks.contains(patient.bed))

    # ---- writes ------------------------------------------------------------------------------------------------

    def _observe(self, user: User, due: float) -> Call:
        patient = self._free_patient(user)
        if patient is None:
            return self._panels(user, due)
        form = values.next_signs(self._dice, patient)
        path = f"/patients/{patient.id}/observations".encode()
        raised = ("patient", "observations")
        sent = self._written(
            patient, [*(self._topic(kind, patient) for kind in raised), self._named(f"ward:{patient.ward}")]
        )
        return self._write(user, "save observations", path, form, due, checks.redirects_to(path), sent)

    def _give(self, user: User, due: float) -> Call:
        """A medicine is given. It has no screen here yet: another full set of observations has its place and its weight."""
        return self._observe(user, due)

    def _order(self, user: User, due: float) -> Call:
        """A doctor prescribes or asks for tests; others take on a task of the own screen, or record a problem, form first."""
        if user.role in ("doctor", "registrar"):
            which = self._dice.random()
            if which < PRESCRIBES_SHARE and (call := self._prescribe(user, due)) is not None:
                return call
            if which < PRESCRIBES_SHARE + ORDERS_SHARE:
                return self._order_tests(user, due)
        tasks = self._tasks_shown(user)
        address = acts_in(tasks, TASK, lambda found: found not in self._busy)
        if address is not None and self._dice.random() < 0.5:
            self._busy.add(address)
            path = f"/tasks/{address}".encode()
            route = "take on a task" if address.endswith("acknowledgement") else "finish a task"
            return self._write(user, route, path, words_of(tasks, address), due, checks.contains(address[:36]), Sent())
        patient = user.patient or self._open_chart(user)
        user.planned = self._problem
        return self._of_patient(user, "problems", patient, b"/problems", due, None)

    def _tasks_shown(self, user: User) -> list[str]:
        shown = user.shown[0].html
        if user.topics[0].name.startswith("ward:"):
            return [shown.get("ward-needs", "")]
        return [text for name, text in shown.items() if name.startswith("task-")]

    def _problem(self, user: User, due: float) -> Call | None:
        patient = user.patient
        if patient is None:
            return None
        path = f"/patients/{patient.id}/problems".encode()
        form = [
            ("display", self._dice.choice(PROBLEMS)),
            ("code_system", ""),
            ("code", ""),
            ("onset_on", ""),
            ("verification", "provisional"),
        ]
        sent = Sent(raises=self._raised(self._topic("patient", patient)))
        return self._write(user, "record a problem", path, form, due, checks.redirects_to(path), sent)

    def _move(self, user: User, due: float) -> Call:
        """Beds of the ward: a cleaned one is made ready, a patient moves to a free one, or a free one is cleaned."""
        place = self._places[user.actor.ward]
        beds = [bed for bed in place.beds if bed.id not in self._busy]
        cleaning = [bed for bed in beds if bed.state == "cleaning"]
        may_clean = user.role not in ("doctor", "registrar")
        if cleaning and may_clean:
            return self._clean(user, self._dice.choice(cleaning), due, starts=False)
        ready = [bed for bed in beds if bed.state == "ready"]
        patient = self._movable(place)
        if ready and patient is not None:
            bed = self._dice.choice(ready)
            user.planned = lambda again, then: self._assign(again, patient, bed, then)
            request = self._requests.fragment(f"/encounters/{patient.encounter}/move".encode(), user)
            check = checks.patient(patient.family, patient.encounter)
            return Call(user, "find a bed", request, due=due, check=check)
        if ready and may_clean:
            return self._clean(user, self._dice.choice(ready), due, starts=True)
        return self._board(user, due)

    def _movable(self, place: Place) -> Patient | None:
        found = [p for p in place.patients if not p.isolated and not p.needs_more and p.encounter not in self._busy]
        return self._dice.choice(found) if found else None

    def _assign(self, user: User, patient: Patient, bed: Bed, due: float) -> Call | None:
        if bed.state != "ready" or bed.id in self._busy or patient.encounter in self._busy:
            return None
        form = [("_method", "PUT"), ("encounter_id", patient.encounter), ("override_reason", OVERRIDE)]
        path = f"/beds/{bed.id}/occupancy".encode()
        topics = [self._named(f"ward:{patient.ward}"), self._named(f"beds:{user.actor.hospital}")]
        self._busy.add(patient.encounter)
        sent = SentAboutBeds(raises=self._raised(*topics), patient=patient, beds=[bed], leaves=patient.bed)
        self._busy.add(bed.id)
        return self._write(
            user, "move a patient", path, form, due, checks.contains(patient.family.upper(), escape=True), sent
        )

    def _clean(self, user: User, bed: Bed, due: float, *, starts: bool) -> Call:
        form = [] if starts else [("_method", "DELETE")]
        path = f"/beds/{bed.id}/cleaning".encode()
        topics = [self._named(f"ward:{bed.ward}"), self._named(f"beds:{user.actor.hospital}")]
        sent = SentAboutBeds(raises=self._raised(*topics), beds=[bed])
        self._busy.add(bed.id)
        route = "clean a bed" if starts else "make a bed ready"
        return self._write(user, route, path, form, due, checks.contains(bed.id), sent)

    # ---- what an answer changes ----------------------------------------------------------------------------------

    def settle(self, call: Call, *, good: bool) -> None:
        """The write is over: what it kept busy is free, and what it changed is known."""
        sent: Sent | None = call.note
        if sent is None:
            return
        if sent.patient is not None:
            self._busy.discard(sent.patient.encounter)
        if sent.settled is not None:
            sent.settled(call, good)
        if isinstance(sent, SentAboutBeds):
            for bed in sent.beds:
                self._busy.discard(bed.id)
        if not good:
            return
        for topic, base in sent.raises:
            topic.known = max(topic.known, base + 1)
        if not isinstance(sent, SentAboutBeds):
            return
        if call.route in ("clean a bed", "make a bed ready"):
            sent.beds[0].state = "cleaning" if call.route == "clean a bed" else "ready"
        elif call.route == "move a patient" and sent.patient is not None:
            self._moved(sent.patient, sent.beds[0], sent.leaves)

    def _moved(self, patient: Patient, bed: Bed, left: str) -> None:
        patient.bed, bed.id = bed.id, left
        bed.state = "cleaning"

    # ---- helpers -------------------------------------------------------------------------------------------------

    def _open_chart(self, user: User) -> Patient:
        user.patient = self._dice.choice(self._places[user.actor.ward].patients)
        return user.patient

    def _free_patient(self, user: User) -> Patient | None:
        """The patient whose chart is open, or another one that nobody is writing about."""
        for _ in range(4):
            patient = user.patient or self._open_chart(user)
            if patient.encounter not in self._busy:
                return patient
            user.patient = None
        return None

    def _named(self, name: str) -> Topic:
        topic = self._topics.get(name)
        if topic is None:
            topic = self._topics[name] = Topic(name)
        return topic

    def _topic(self, kind: str, patient: Patient) -> Topic:
        return self._named(f"{kind}:{patient.id}")

    def _written(self, patient: Patient, topics: list[Topic]) -> Sent:
        self._busy.add(patient.encounter)
        return Sent(raises=self._raised(*topics), patient=patient)

    def _page(self, user: User, route: str, path: bytes, due: float, check: Check, sent: Sent | None) -> Call:
        return Call(user, route, self._requests.page(path, user), due=due, check=check, note=sent)

    def _of_patient(
        self, user: User, route: str, patient: Patient, below: bytes, due: float, topic: Topic | None
    ) -> Call:
        path = b"/patients/" + patient.id.encode() + below
        sent = Sent(topic, topic.known) if topic is not None else None
        return self._page(user, route, path, due, checks.patient(patient.family, patient.id), sent)

    def _write(
        self, user: User, route: str, path: bytes, form: list[tuple[str, str]], due: float, check: Check, sent: Sent
    ) -> Call:
        request = self._requests.write(path, user, form)
        return Call(user, route, request, due=due, check=check, note=sent)


PROBLEMS = ("Hypertension", "Asthma", "Pressure injury", "Delirium", "Constipation", "Acute kidney injury", "Anaemia")
