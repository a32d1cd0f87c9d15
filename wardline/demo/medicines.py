"""What the demo's doctors prescribe and stop, through the front door like everybody's: each card is seen before a signature."""

from typing import Any

from wardline.demo import remedies
from wardline.demo.dice import Dice
from wardline.demo.front_door import FrontDoor

STOPS_SHARE = 0.35
MEDICINES_MAX = 12
STOPPED_BECAUSE = ("Course finished", "Not needed any more", "Taken by mouth again")
NOT_CLEAR = 422


class Medicines:
    """Prescribing and stopping, one order at a time."""

    def __init__(self, door: FrontDoor, dice: Dice) -> None:
        self.door, self.dice = door, dice

    def round(self, doctor: str, patient: dict[str, Any]) -> tuple[str, int] | None:
        """A doctor looks through somebody's medicines: one is stopped where there are many, else one is begun."""
        path = f"/patients/{patient['person_id']}/medicines"
        found = self.door.get(doctor, path)
        if found is None:
            return None
        stand = [each for each in found["items"] if each["state"] in ("active", "held")]
        if stand and (len(stand) >= MEDICINES_MAX or self.dice.chance(STOPS_SHARE)):
            return self._stop(doctor, self.dice.one_of(stand))
        given = {each["name"] for each in stand}
        lines = [line for line in remedies.typed_lines() if remedies.remedy(line).name not in given]
        return self._prescribe(doctor, path, self.dice.one_of(lines)) if lines else None

    def _stop(self, doctor: str, medicine: dict[str, Any]) -> tuple[str, int]:
        body = {"reason": self.dice.one_of(STOPPED_BECAUSE)}
        path = f"/medicines/{medicine['id']}/stop"
        return "medicine stopped", self.door.ask(doctor, "POST", path, body, version=medicine["version"]).status

    def _prescribe(self, doctor: str, path: str, line: str) -> tuple[str, int] | None:
        """Signs what nothing speaks against; what could not be checked is confirmed. Who is stopped thinks again."""
        answer = self.door.ask(doctor, "POST", path, {"lines": [line]})
        if answer.status == NOT_CLEAR and answer.content:
            if answer.content.get("code") != "needs_confirmation":
                return None
            shown = [card["uuid"] for card in answer.content.get("cards", [])]
            answer = self.door.ask(doctor, "POST", path, {"lines": [line], "confirmed": True, "shown": shown})
        return "medicine prescribed", answer.status
