"""The pharmacist's part of the day: orders are verified or asked about, the prescriber answers, what was verified is
dispensed or lies on the ward already, what is ready is handed over."""

from typing import Any

from wardline.demo.dice import Dice
from wardline.demo.front_door import FrontDoor

ASKS_SHARE = 0.05
DISPENSES_SHARE = 0.6
# What is handed over at once is never seen in its list.
HANDS_OVER_SHARE = 0.5
ANSWERS_SHARE = 0.25
DAYS_OF_SUPPLY = 2
QUESTIONS = (
    "Kidney function has changed since yesterday. Is the dose still right?",
    "Is there a stop date?",
    "Taken at home already? The family brought a box.",
)
ANSWERS = ("Yes, please continue as it stands.", "Reviewed on the round, to go on.", "Yes, we keep an eye on it.")
ON_WARD = "The ward has it"


class Pharmacists:
    """What the pharmacists of the demo do, one thing at a time."""

    def __init__(self, door: FrontDoor, dice: Dice) -> None:
        self.door, self.dice = door, dice

    def work(self, domain: str) -> tuple[str, int] | None:
        """The next thing in one of the lists, the new orders last so that nothing is left lying behind them."""
        who = f"pharmacist@{domain}"
        for which, share, act in (
            ("waiting", HANDS_OVER_SHARE, self._hand_over),
            ("ready", DISPENSES_SHARE, self._dispense),
            ("query", 1.0, self._asked),
            ("new", 1.0, self._verify),
        ):
            found = self.door.get(who, f"/pharmacy/queue/{which}") if self.dice.chance(share) else None
            done = act(who, found["items"]) if found and found["items"] else None
            if done is not None:
                return done
        return None

    def _order(self, who: str, row: dict[str, Any]) -> dict[str, Any] | None:
        return self.door.get(who, f"/medicines/{row['medicine_id']}/pharmacy?days={DAYS_OF_SUPPLY}")

    def _verify(self, who: str, rows: list[dict[str, Any]]) -> tuple[str, int] | None:
        order = self._order(who, rows[0])
        if order is None:
            return None
        path = f"/medicines/{rows[0]['medicine_id']}"
        if self.dice.chance(ASKS_SHARE):
            body = {"question": self.dice.one_of(QUESTIONS)}
            return "order queried", self.door.ask(who, "POST", f"{path}/query", body, version=order["version"]).status
        return "order verified", self._verified(who, path, order)

    def _verified(self, who: str, path: str, order: dict[str, Any], words: str = "") -> int:
        answer = self.door.ask(who, "POST", f"{path}/verification", {"words": words}, version=order["version"])
        return answer.status

    def _asked(self, who: str, rows: list[dict[str, Any]]) -> tuple[str, int] | None:
        """A question that was answered is settled; for one that was not, a doctor finds the time now and then."""
        for row in rows:
            path = f"/medicines/{row['medicine_id']}"
            if row["answer"]:
                order = self._order(who, row)
                return ("order verified", self._verified(who, path, order, "Answered")) if order else None
            if self.dice.chance(ANSWERS_SHARE):
                doctor = f"registrar1@{who.partition('@')[2]}"
                answer = self.door.ask(doctor, "POST", f"{path}/answer", {"answer": self.dice.one_of(ANSWERS)})
                return "query answered", answer.status
        return None

    def _dispense(self, who: str, rows: list[dict[str, Any]]) -> tuple[str, int] | None:
        """From the store that has enough of just this; otherwise the ward has it."""
        order = self._order(who, rows[0])
        if order is None:
            return None
        path = f"/medicines/{rows[0]['medicine_id']}"
        fits = [each for each in order["choices"] if _fits(each)]
        if not fits:
            version, body = order["dispense_version"], {"reason": ON_WARD}
            return "left to the ward", self.door.ask(who, "POST", f"{path}/ward-stock", body, version=version).status
        chosen = self.dice.one_of(fits)
        body = {
            "store_id": chosen["store_id"],
            "product_id": chosen["product_id"],
            "quantity": chosen["needed"],
            "needed": chosen["needed"],
            "days_supply": DAYS_OF_SUPPLY,
        }
        asked = self.door.ask(who, "POST", f"{path}/dispenses", body, version=order["dispense_version"])
        return "dispensed", asked.status

    def _hand_over(self, who: str, rows: list[dict[str, Any]]) -> tuple[str, int] | None:
        dispense_id = rows[0]["id"]
        found = self.door.get(who, f"/dispenses/{dispense_id}")
        if found is None:
            return None
        body = {"received_by": f"Porter for {rows[0]['bed_label'] or 'the ward'}"}
        path = f"/dispenses/{dispense_id}/hand-over"
        return "handed over", self.door.ask(who, "POST", path, body, version=found["version"]).status


def _fits(choice: dict[str, Any]) -> bool:
    enough = choice["needed"] and choice["available"] >= choice["needed"]
    return bool(enough and choice["is_as_ordered"] and not choice["is_controlled"])
