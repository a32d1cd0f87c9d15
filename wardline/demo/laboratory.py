"""The laboratory's part of the day: tests are ordered, specimens collected, received, measured, released; critical values told."""

from typing import Any

from wardline.demo.dice import Dice
from wardline.demo.front_door import FrontDoor

ORDERS = {("UE", "FBC"): 0.5, ("UE", "CRP"): 0.2, ("FBC", "CRP", "LFT"): 0.15, ("COAG", "FBC"): 0.1, ("K",): 0.05}
URGENCIES = {"routine": 0.7, "urgent": 0.25, "stat": 0.05}
QUESTIONS = (
    "Infection?",
    "Kidney function before contrast",
    "Follow-up",
    "Bleeding?",
    "On diuretics",
    "Before discharge",
)
# Around what an invented patient's values lie, and how far they spread.
USUAL = {
    "NA": (138, 3), "K": (4.3, 0.5), "CL": (102, 3), "HCO3": (25, 2.5), "UREA": (6, 2), "CREAT": (85, 25), "CRP": (25, 30),
    "HB": (128, 16), "WBC": (8.5, 3), "PLT": (250, 70), "RBC": (4.4, 0.5), "HCT": (0.4, 0.04), "MCV": (90, 5), "MCH": (30, 1.5),
    "MCHC": (330, 8), "NEUT": (5.5, 2.5), "LYMPH": (1.8, 0.6), "MONO": (0.6, 0.2), "EOS": (0.15, 0.1), "BASO": (0.05, 0.02),
    "BILI": (11, 5), "ALT": (28, 14), "ALP": (80, 25), "GGT": (35, 20), "ALB": (38, 4), "TP": (70, 5), "INR": (1.1, 0.15),
    "APTT": (31, 4), "FIB": (3.2, 0.8),
}  # fmt: skip
CRITICAL = {"K": 6.6, "NA": 117, "HB": 66}
CRITICAL_SHARE = 0.04
LOWEST_SHARE = 0.2  # of what is usual: nothing measured is nothing or less
BENCHES = ("chemistry", "haematology", "coagulation")


class Laboratory:
    """What the wards and the laboratory of the demo do about tests, one thing at a time."""

    def __init__(self, door: FrontDoor, dice: Dice) -> None:
        self.door, self.dice = door, dice

    def order(self, doctor: str, patient: dict[str, Any]) -> tuple[str, int]:
        """A doctor asks for tests."""
        body = {
            "tests": list(self.dice.by_share(ORDERS)),
            "urgency": self.dice.by_share(URGENCIES),
            "reason": self.dice.one_of(QUESTIONS),
        }
        path = f"/patients/{patient['person_id']}/lab-orders"
        return "tests ordered", self.door.ask(doctor, "POST", path, body).status

    def collect(self, nurse: str, ward_id: str) -> tuple[str, int] | None:
        """A nurse takes the specimen that is most urgent."""
        found = self.door.get(nurse, f"/wards/{ward_id}/collection")
        if not found or not found["items"]:
            return None
        specimen = found["items"][0]
        body = {"wristband": specimen["network_number"]}
        path = f"/specimens/{specimen['id']}/collection"
        return "specimen collected", self.door.ask(nurse, "POST", path, body, version=specimen["version"]).status

    def work(self, domain: str) -> tuple[str, int] | None:
        """The technician rings about a critical value, else does the next thing on a bench."""
        technician = f"laboratory@{domain}"
        lab = self.door.get(technician, "/lab")
        if lab is None:
            return None
        untold = [call for call in lab["calls"] if call["told_at"] is None]
        if untold and self.dice.chance(0.5):
            return self._tell(technician, untold[0])
        busy = [
            each["bench"]
            for each in lab["benches"]
            if each["bench"] in BENCHES and each["received"] + each["on_the_way"]
        ]
        if not busy:
            return None
        bench = self.door.get(technician, f"/lab/benches/{self.dice.one_of(busy)}")
        return self._next(technician, self.dice.one_of(bench["items"])) if bench and bench["items"] else None

    def _tell(self, technician: str, call: dict[str, Any]) -> tuple[str, int]:
        body = {
            "told_to": "The nurse in charge",
            "identifiers": ["name", "born_on"],
            "read_back": call["value"],
            "read_back_words": call["shown"],
        }
        path = f"/critical-calls/{call['id']}/call-back"
        return "critical value told", self.door.ask(technician, "POST", path, body, version=call["version"]).status

    def _next(self, technician: str, row: dict[str, Any]) -> tuple[str, int] | None:
        path = f"/specimens/{row['id']}"
        if row["state"] == "collected":
            seen = self.door.get(technician, path)
            if seen is None:
                return None
            version = seen["specimen"]["version"]
            return "specimen received", self.door.ask(technician, "POST", f"{path}/receipt", {}, version=version).status
        if row["waiting"]:
            return self._measure(technician, path)
        if row["resulted"]:
            return "released technically", self.door.ask(technician, "POST", f"{path}/technical-release", {}).status
        if row["critical"] == row["technical"]:
            return None  # it waits until somebody was told
        return "released clinically", self.door.ask(technician, "POST", f"{path}/clinical-release", {}).status

    def _measure(self, technician: str, path: str) -> tuple[str, int] | None:
        seen = self.door.get(technician, path)
        if seen is None:
            return None
        wanted = [each["test"] for each in seen["results"] if each["state"] == "received" and each["test"] in USUAL]
        values = [{"test": test, "value": self._value(test)} for test in wanted]
        return "results entered", self.door.ask(technician, "PUT", f"{path}/results", {"results": values}).status

    def _value(self, test: str) -> float:
        if test in CRITICAL and self.dice.chance(CRITICAL_SHARE):
            return CRITICAL[test]
        middle, spread = USUAL[test]
        return round(max(self.dice.near(middle, spread), LOWEST_SHARE * middle), 2 if middle < 10 else 0)
