"""A day in the demo network that goes on by itself: each step is one thing that one person does at the front door."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from msgspec import Struct

from wardline.demo import writing
from wardline.demo.conditions import BY_SPECIALTY
from wardline.demo.dice import Dice
from wardline.demo.drug_rounds import DrugRounds, Look
from wardline.demo.front_door import FrontDoor
from wardline.demo.laboratory import Laboratory
from wardline.demo.medicines import Medicines
from wardline.demo.naming import census
from wardline.demo.network import REGISTRARS, SHOWN_WARD
from wardline.demo.pharmacists import Pharmacists
from wardline.demo.places import HOSPITALS, HospitalPlan
from wardline.demo.records import READY_UP_TO_NEWS
from wardline.demo.walk import Trend, next_set, next_trend

# How often each hospital is looked at: the one that newcomers see is the liveliest.
HOSPITAL_SHARES = {HOSPITALS[0]: 0.6, HOSPITALS[1]: 0.2, HOSPITALS[2]: 0.2}
SHOWN_WARD_SHARE = 0.3
BED_WORK_SHARE = 0.12
LABORATORY_SHARE = 0.25
# Medicines: how often a nurse looks at a round, ward after ward through the whole network, and a pharmacist at the queue.
DRUG_ROUND_SHARE, PHARMACY_SHARE, WHEN_NEEDED_SHARE = 0.35, 0.3, 0.06
COLLECTS_SHARE, ORDERS_SHARE = 0.3, 0.15
# Observations are taken a while before they are due; on the shown ward sooner, and now and then one more.
AHEAD, AHEAD_SHOWN = timedelta(minutes=40), timedelta(minutes=120)
AHEAD_ILL, AHEAD_VERY_ILL = timedelta(minutes=15), timedelta(minutes=5)
ONE_MORE_SHARE = 0.12
WRITES_SHARE = 0.1
PRESCRIBES_SHARE = 0.12
# A call waits for some minutes, longer where a newcomer may want to answer it.
CALL_WAITS, CALL_WAITS_SHOWN = timedelta(minutes=3), timedelta(minutes=7)
CALL_MINUTES = {"crit": 15}
CALL_MINUTES_OTHER = 30
ANSWERS_CALL_SHARE = 0.4
CLEANED_AFTER = timedelta(minutes=15)
FULL_PERCENT, EMPTY_PERCENT = 91, 84
WAITING_MAX = 8
FEATURED_MOVES_SHARE = 0.3

log = structlog.stdlib.get_logger()


class Visit(Struct):
    """What somebody finds on a ward: the board as the system answers it."""

    plan: HospitalPlan
    number: int
    board: dict[str, Any]
    now: datetime

    @property
    def nurse(self) -> str:
        return f"nurse{self.number}@{self.plan.domain}"

    @property
    def doctor(self) -> str:
        return f"doctor{self.number}@{self.plan.domain}"

    @property
    def patients(self) -> list[dict[str, Any]]:
        return [bed["patient"] for bed in self.board["beds"] if bed["patient"]]

    @property
    def well(self) -> list[dict[str, Any]]:
        """Patients who may be thought of as going home."""
        return [patient for patient in self.patients if (patient["news_score"] or 0) <= READY_UP_TO_NEWS]

    @property
    def is_shown(self) -> bool:
        return self.plan is HOSPITALS[0] and self.number == SHOWN_WARD


class Day:
    """Goes on one step at a time. What it remembers is only where patients are heading; all else it asks for."""

    def __init__(
        self, door: FrontDoor, dice: Dice, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.door, self.dice, self.clock = door, dice, clock
        self._ward_ids: dict[str, dict[int, str]] = {}
        self._trends: dict[str, Trend] = {}
        self._lab = Laboratory(door, dice)
        self._medicines = Medicines(door, dice)
        self._pharmacists = Pharmacists(door, dice)
        self._drug_rounds = DrugRounds(door, dice)
        self._rounds_looked_at = 0

    def step(self) -> str:
        """One thing happens somewhere; says which, or nothing when there is nothing to do there now."""
        if self.dice.chance(DRUG_ROUND_SHARE):
            given = self._drug_round()
            if given:
                return given
        plan = self.dice.by_share(HOSPITAL_SHARES)
        if self.dice.chance(BED_WORK_SHARE):
            return self._beds(plan)
        if self.dice.chance(LABORATORY_SHARE):
            done = self._lab.work(plan.domain)
            if done is not None:
                return self._done(*done)
        if self.dice.chance(PHARMACY_SHARE):
            done = self._pharmacists.work(plan.domain)
            if done is not None:
                return self._done(*done)
        visit = self._visit(plan)
        if visit is None:
            return ""
        for work in (
            self._answer_call,
            self._finish_call,
            self._clean,
            self._collect,
            self._observe,
            self._write,
            self._order,
            self._prescribe,
            self._when_needed,
            self._let_go,
            self._plan_leaving,
        ):
            done = work(visit)
            if done:
                return done
        return ""

    def _wards(self, plan: HospitalPlan) -> dict[int, str]:
        """Ids of the wards by their numbers."""
        if plan.code not in self._ward_ids:
            wards = self.door.get(f"manager@{plan.domain}", "/wards") or {"items": []}
            self._ward_ids[plan.code] = {
                int(ward["code"]): ward["id"] for ward in wards["items"] if ward["code"].isdigit()
            }
        return self._ward_ids[plan.code]

    def _drug_round(self) -> str:
        """The next ward's nurse gives what is due there; every ward has its turn, since no dose waits for chance."""
        places = [(plan, number) for plan in HOSPITALS for number in range(1, len(plan.wards) + 1)]
        plan, number = places[self._rounds_looked_at % len(places)]
        self._rounds_looked_at += 1
        ward_id = self._wards(plan).get(number)
        if ward_id is None:
            return ""
        happened = self._drug_rounds.go_round(self._look(plan, number), ward_id)
        return next(iter(sorted(happened, key=happened.__getitem__, reverse=True)), "")

    def _look(self, plan: HospitalPlan, number: int) -> Look:
        others = tuple(f"nurse{n}@{plan.domain}" for n in range(1, len(plan.wards) + 1) if n != number)
        return Look(f"nurse{number}@{plan.domain}", others, self.clock())

    def _visit(self, plan: HospitalPlan) -> Visit | None:
        shown = plan is HOSPITALS[0] and self.dice.chance(SHOWN_WARD_SHARE)
        number = SHOWN_WARD if shown else self.dice.whole(1, len(plan.wards))
        ward_id = self._wards(plan).get(number)
        board = ward_id and self.door.get(f"nurse{number}@{plan.domain}", f"/wards/{ward_id}")
        return Visit(plan, number, board, self.clock()) if board else None

    # --- on a ward --------------------------------------------------------------------------------------------------
    def _calls(self, visit: Visit, *, acknowledged: bool) -> list[dict[str, Any]]:
        return [
            need
            for need in visit.board["needs"]
            if need["task_id"] and bool(need["acknowledged_at"]) is acknowledged and need["person_id"]
        ]

    def _answer_call(self, visit: Visit) -> str:
        """A doctor, or the nurse in charge, takes an escalation on some minutes after it came."""
        patience = CALL_WAITS_SHOWN if visit.is_shown else CALL_WAITS
        calls = self._calls(visit, acknowledged=False)
        waiting = [call for call in calls if visit.now - called_at(call) > patience]
        if not waiting or not self.dice.chance(ANSWERS_CALL_SHARE):
            return ""
        call = waiting[0]
        who = visit.nurse if call["owner_words"] == "Nurse in charge" else self._registrar(visit.plan)
        self._trends[call["person_id"]] = Trend.BETTER
        return self._done(
            "call answered",
            self.door.ask(who, "POST", f"/tasks/{call['task_id']}/acknowledgement", {"reason": call["reason"]}).status,
        )

    def _finish_call(self, visit: Visit) -> str:
        """Whoever is well again needs nobody any more."""
        scores = {patient["person_id"]: patient["news_score"] for patient in visit.patients}
        for call in self._calls(visit, acknowledged=True):
            score = scores.get(call["person_id"])
            if score is not None and score <= 4:
                done = self.door.ask(self._registrar(visit.plan), "POST", f"/tasks/{call['task_id']}/completion")
                return self._done("call finished", done.status)
        return ""

    def _registrar(self, plan: HospitalPlan) -> str:
        return f"registrar{self.dice.whole(1, REGISTRARS)}@{plan.domain}"

    def _clean(self, visit: Visit) -> str:
        for bed in visit.board["beds"]:
            if bed["state"] == "cleaning" and visit.now - moment(bed["state_since"]) > CLEANED_AFTER:
                return self._done(
                    "bed cleaned", self.door.ask(visit.nurse, "DELETE", f"/beds/{bed['id']}/cleaning").status
                )
        return ""

    def _collect(self, visit: Visit) -> str:
        if not self.dice.chance(COLLECTS_SHARE):
            return ""
        done = self._lab.collect(visit.nurse, visit.board["ward"]["id"])
        return self._done(*done) if done is not None else ""

    def _order(self, visit: Visit) -> str:
        """The doctor's round: somebody's blood is looked at."""
        if not visit.patients or not self.dice.chance(ORDERS_SHARE):
            return ""
        return self._done(*self._lab.order(visit.doctor, self.dice.one_of(visit.patients)))

    def _prescribe(self, visit: Visit) -> str:
        """The doctor's round: a medicine is begun, or one that is not needed any more is stopped."""
        if not visit.patients or not self.dice.chance(PRESCRIBES_SHARE):
            return ""
        done = self._medicines.round(visit.doctor, self.dice.one_of(visit.patients))
        return self._done(*done) if done is not None else ""

    def _when_needed(self, visit: Visit) -> str:
        """Somebody asks for a medicine that they may have when needed."""
        if not visit.patients or not self.dice.chance(WHEN_NEEDED_SHARE):
            return ""
        look = self._look(visit.plan, visit.number)
        done = self._drug_rounds.when_needed(look, self.dice.one_of(visit.patients)["person_id"])
        return self._done(*done) if done is not None else ""

    def _observe(self, visit: Visit) -> str:
        """The patient whose observations are due first."""
        if not visit.patients:
            return ""
        patient = min(visit.patients, key=lambda each: each["observations_due_at"] or "")
        is_soon = taken_from(patient, AHEAD_SHOWN if visit.is_shown else AHEAD) < visit.now
        if is_soon or (visit.is_shown and self.dice.chance(ONE_MORE_SHARE)):
            return self._take_set(visit, patient)
        return ""

    def _take_set(self, visit: Visit, patient: dict[str, Any]) -> str:
        person_id = patient["person_id"]
        found = self.door.get(visit.nurse, f"/patients/{person_id}/observations?limit=1")
        last = found["items"][0] if found and found["items"] else {}
        attended = person_id in {call["person_id"] for call in self._calls(visit, acknowledged=True)}
        trend = next_trend(
            self.dice,
            self._trends.get(person_id, Trend.STEADY),
            news_score=patient["news_score"],
            is_attended=attended,
        )
        self._trends[person_id] = trend
        typed = next_set(self.dice, last, trend)
        answer = self.door.ask(visit.nurse, "POST", f"/patients/{person_id}/observations", typed)
        if answer.status == 422 and answer.content and answer.content.get("fields"):
            typed["confirmed"] = list(answer.content["fields"])
            answer = self.door.ask(visit.nurse, "POST", f"/patients/{person_id}/observations", typed)
        return self._done("observations", answer.status)

    def _write(self, visit: Visit) -> str:
        """A note about somebody on the ward: the nurse's of the shift, or the doctor's of the round."""
        if not visit.patients or not self.dice.chance(WRITES_SHARE):
            return ""
        patient = self.dice.one_of(visit.patients)
        kind, who = self.dice.one_of((("nursing", visit.nurse), ("progress", visit.doctor)))
        sections = writing.nursing(self.dice, patient) if kind == "nursing" else writing.progress(self.dice, patient)
        return self._done("note", writing.write(self.door, who, patient["person_id"], kind, sections))

    def _let_go(self, visit: Visit) -> str:
        """Somebody who is ready goes home, more often when the ward is full."""
        ready = [patient for patient in visit.well if patient["ready_to_leave"]]
        summary = visit.board["summary"]
        if not ready or not self.dice.chance(0.14 * summary["in_use"] / max(1, summary["beds"])):
            return ""
        path = f"/encounters/{self.dice.one_of(ready)['encounter_id']}/discharge"
        left_to = self.dice.by_share({"home": 0.85, "care_home": 0.15})
        return self._done("discharge", self.door.ask(visit.doctor, "POST", path, {"discharged_to": left_to}).status)

    def _plan_leaving(self, visit: Visit) -> str:
        """The doctor's round: somebody is ready, or gets a date to go home."""
        today = visit.now.date()
        leaving = [each for each in visit.well if each["leaves_today"] and not each["ready_to_leave"]]
        undated = [each for each in visit.well if each["expected_discharge_on"] is None]
        if leaving and self.dice.chance(0.08):
            return self._change(visit, self.dice.one_of(leaving), {"ready_to_leave": True})
        if undated and self.dice.chance(0.12):
            day = today + timedelta(days=self.dice.whole(0, 4))
            return self._change(visit, self.dice.one_of(undated), {"expected_discharge_on": day.isoformat()})
        return ""

    def _change(self, visit: Visit, patient: dict[str, Any], change: dict[str, Any]) -> str:
        path = f"/encounters/{patient['encounter_id']}"
        stay = self.door.get(visit.doctor, path)
        if stay is None:
            return ""
        return self._done("plan", self.door.ask(visit.doctor, "PATCH", path, change, version=stay["version"]).status)

    # --- across a hospital ------------------------------------------------------------------------------------------
    def _beds(self, plan: HospitalPlan) -> str:
        """The site manager's work: who waits gets a bed; somebody new comes while there is room."""
        board = self.door.get(f"manager@{plan.domain}", "/beds")
        if board is None:
            return ""
        waiting, in_use = board["waiting"], board["summary"]["in_use_percent"]
        comes = in_use < EMPTY_PERCENT or (in_use < FULL_PERCENT and self.dice.chance(0.4))
        if len(waiting) < WAITING_MAX and (comes or not waiting):
            return self._admit(plan)
        return self._find_bed(plan, waiting) if waiting and self.dice.chance(0.45) else ""

    def _find_bed(self, plan: HospitalPlan, waiting: list[dict[str, Any]]) -> str:
        manager = f"manager@{plan.domain}"
        stay = waiting[0] if self.dice.chance(0.7) else self.dice.one_of(waiting)
        move = self.door.get(f"registrar1@{plan.domain}", f"/encounters/{stay['encounter_id']}/move")
        if not move or not move["fits"] or move["fits"][0]["doubt"]:
            return ""
        bed_id = move["fits"][0]["bed_id"]
        if stay["reserved_bed_label"] is None and self.dice.chance(FEATURED_MOVES_SHARE):
            body = {"encounter_id": stay["encounter_id"], "from_place": stay["from_place"]}
            return self._done("bed reserved", self.door.ask(manager, "PUT", f"/beds/{bed_id}/reservation", body).status)
        body = {"encounter_id": stay["encounter_id"]}
        nurse = f"nurse1@{plan.domain}"
        return self._done("bed given", self.door.ask(nurse, "PUT", f"/beds/{bed_id}/occupancy", body).status)

    def _admit(self, plan: HospitalPlan) -> str:
        """Somebody whom the hospital knows comes to the emergency department."""
        reception = f"reception@{plan.domain}"
        families, sums = census("dist.all.last")
        found = self.door.get(reception, f"/patients?q={self.dice.weighted(families, sums)[:3].strip()}")
        people = [each for each in (found or {"items": []})["items"] if not each.get("deceased_on")]
        if not people:
            return ""
        ward = self.dice.one_of(plan.wards[1:])
        body = {
            "class": "emergency",
            "reason": self.dice.one_of(BY_SPECIALTY[ward.specialty]).words,
            "specialty": ward.specialty,
            "admitted_from": "Emergency",
            "needs": ["monitor"] if self.dice.chance(0.2) else [],
        }
        person = self.dice.one_of(people)
        return self._done(
            "admission", self.door.ask(reception, "POST", f"/patients/{person['id']}/encounters", body).status
        )

    def _done(self, what: str, status: int) -> str:
        """Somebody else may have been first, which is how a hospital is: the day goes on."""
        if status >= 300:
            log.info("not done", code=what, status=status)
        return what if status < 300 else f"{what} refused ({status})"


def called_at(call: dict[str, Any]) -> datetime:
    """When somebody was called, worked out from when the call is due."""
    return moment(call["due_at"]) - timedelta(minutes=CALL_MINUTES.get(call["tier"], CALL_MINUTES_OTHER))


def taken_from(patient: dict[str, Any], ahead: timedelta) -> datetime:
    """From when on the next set may be taken: close to its time for the ill, at once for the newly arrived."""
    if patient["observations_due_at"] is None:
        return datetime.min.replace(tzinfo=UTC)
    band = patient["news_band"]
    limit = AHEAD_VERY_ILL if band == "high" else ahead if band == "low" else AHEAD_ILL
    return moment(patient["observations_due_at"]) - limit


def moment(text: str) -> datetime:
    """A time as the system writes it."""
    return datetime.fromisoformat(text)
