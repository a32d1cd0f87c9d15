"""The nurses' part of the day: each planned dose is given near its time, a few late, not given or held back; now and then
somebody asks for what they may have when needed.

What becomes of a dose is drawn from its own id, so a day that was broken off goes on with it in the same way.
"""

from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from wardline.demo.accounts import PASSWORD
from wardline.demo.dice import Dice
from wardline.demo.doses import (
    EARLIEST,
    HELD,
    HELD_SHARE,
    LATE_BECAUSE,
    LATE_MINUTES,
    LATE_SHARE,
    LATEST,
    NOT_GIVEN,
    NOT_GIVEN_SHARE,
    ROUND_MINUTES,
)
from wardline.demo.front_door import Answer, FrontDoor

# What a nurse does before somebody else is looked at: a round goes on at the next look.
DOSES_OF_LOOK = 20
# After this nobody gives it any more: it was missed, and that is written down.
MISSED_AFTER = timedelta(hours=4)
MISSED = "Missed, found when the round was looked through"
CRITICAL_LATE_SHARE, CRITICAL_LATE_MINUTES = 0.006, (32.0, 42.0)
NOT_RIGHT_YET = 422
HELD_MINUTES = (70.0, 170.0)  # a dose that was held back waits so long
NO_LONGER_HELD = "The reason to wait is over"


class Look(Struct, frozen=True):
    """A nurse at the round of her ward; `others` may sign as a second person."""

    nurse: str
    others: tuple[str, ...]
    now: datetime


class DrugRounds:
    """What is due on a ward is given."""

    def __init__(self, door: FrontDoor, dice: Dice) -> None:
        self.door, self.dice = door, dice
        self._left: set[str] = set()  # doses that this nurse cannot give: somebody else has to look

    def go_round(self, look: Look, ward_id: str) -> dict[str, int]:
        """Everything whose time has come, the oldest first; counts what was done."""
        found = self.door.get(look.nurse, f"/wards/{ward_id}/round?hours=1")
        happened: dict[str, int] = {}
        for dose in (found or {"items": []})["items"]:
            if dose["id"] in self._left or not self._is_time(look, dose):
                continue
            what, answer = self._see_to(look, dose)
            if not answer.ok:
                self._left.add(dose["id"])
                what = f"{what} refused ({answer.status})"
            happened[what] = happened.get(what, 0) + 1
            if sum(happened.values()) >= DOSES_OF_LOOK:
                break
        return happened

    def _is_time(self, look: Look, dose: dict[str, Any]) -> bool:
        """Whether the nurse comes to this dose now."""
        dice = Dice(f"when-{dose['id']}")
        if dose["state"] == "held":
            waits = timedelta(minutes=dice.between(*HELD_MINUTES))
            return look.now - datetime.fromisoformat(dose["due_at"]) >= waits
        share, minutes = LATE_SHARE, LATE_MINUTES
        if dose["critical"]:
            share, minutes = CRITICAL_LATE_SHARE, CRITICAL_LATE_MINUTES
        if dice.chance(share):
            after = dice.between(*minutes)
        else:
            after = min(LATEST, max(EARLIEST, dice.near(*ROUND_MINUTES)))
        return look.now - datetime.fromisoformat(dose["due_at"]) >= timedelta(minutes=after)

    def _see_to(self, look: Look, dose: dict[str, Any]) -> tuple[str, Answer]:
        if dose["state"] == "held":
            return self._after_hold(look, dose)
        dice = Dice(f"what-{dose['id']}")
        drawn = dice.between(0, 1)
        if look.now - datetime.fromisoformat(dose["due_at"]) > MISSED_AFTER:
            body = {"action": "not_given", "reason": "other", "words": MISSED}
            return "dose missed", self._ask(look, dose, "not-given", body)
        if drawn < NOT_GIVEN_SHARE:
            return "dose not given", self._ask(look, dose, "not-given", {"reason": dice.one_of(NOT_GIVEN)})
        if drawn < NOT_GIVEN_SHARE + HELD_SHARE:
            body = {"action": "held", "reason": dice.one_of(HELD)}
            return "dose held", self._ask(look, dose, "not-given", body)
        body = {"patient_scan": dose["patient_id"], "drug_scan": dose["medicine_id"]}
        if dose["state"] == "overdue":
            body["time_reason"] = dice.one_of(LATE_BECAUSE)
        return "dose given", self._give(look, dose, body)

    def _after_hold(self, look: Look, dose: dict[str, Any]) -> tuple[str, Answer]:
        if look.now - datetime.fromisoformat(dose["due_at"]) > MISSED_AFTER:
            return "dose not given", self._ask(look, dose, "not-given", {"reason": "prescriber_asked"})
        body = {"patient_scan": dose["patient_id"], "drug_scan": dose["medicine_id"], "time_reason": NO_LONGER_HELD}
        return "dose given", self._give(look, dose, body)

    def _give(self, look: Look, dose: dict[str, Any], body: dict[str, Any]) -> Answer:
        answer = self._ask(look, dose, "giving", body)
        if answer.status == NOT_RIGHT_YET:
            answer = self._with_sheet(look, f"/doses/{dose['id']}", body)
        return answer

    def _ask(self, look: Look, dose: dict[str, Any], act: str, body: dict[str, Any]) -> Answer:
        return self.door.ask(look.nurse, "POST", f"/doses/{dose['id']}/{act}", body, version=dose["version"])

    def _with_sheet(self, look: Look, path: str, body: dict[str, Any]) -> Answer:
        """Once more with what the sheet asks for: the dose, a look at the line, why it is late, a second person."""
        asked = self.door.ask(look.nurse, "GET", path)
        if not asked.ok:
            return asked
        sheet = asked.content
        more: dict[str, Any] = {}
        if sheet["asks_line"]:
            more["route_checked"] = True
        if sheet["amount"] and not sheet["is_infusion"]:
            more["amount"] = float(sheet["amount"])
        if sheet["timing"] != "on_time" or sheet["near"]:
            more["time_reason"] = self.dice.one_of(LATE_BECAUSE)
        if sheet["is_as_needed"] or sheet["asks_bound"]:
            more |= {"reason": "Asked for it" if sheet["is_as_needed"] else "", "confirmed": True}
        if sheet["witness"] and look.others:
            more |= {"witness_email": self.dice.one_of(look.others), "witness_password": PASSWORD}
        return self.door.ask(look.nurse, "POST", f"{sheet['path']}/giving", body | more, version=sheet["version"])

    # --- when needed ------------------------------------------------------------------------------------------------
    def when_needed(self, look: Look, person_id: str) -> tuple[str, int] | None:
        """Somebody asks for something that they may have."""
        found = self.door.get(look.nurse, f"/patients/{person_id}/given")
        ready = [each for each in (found or {"as_needed": []})["as_needed"] if each["can_give"]]
        if not ready:
            return None
        medicine_id = self.dice.one_of(ready)["medicine_id"]
        body = {"patient_scan": person_id, "drug_scan": medicine_id}
        return "given when needed", self._with_sheet(look, f"/medicines/{medicine_id}/giving", body).status
