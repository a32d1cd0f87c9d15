"""What the demo's staff write: short notes made of what the board says, through the front door like everybody's."""

from typing import Any

from wardline.demo.dice import Dice
from wardline.demo.front_door import FrontDoor

CONDITIONS = (
    "Comfortable in bed, eating and drinking.",
    "Sat out in the chair for an hour.",
    "Tired after a short night, otherwise well.",
    "Walked to the bathroom with one person.",
)
CARE = (
    "Washed with help, pressure areas intact, position changed every four hours.",
    "Cannula site clean, dressing changed.",
    "Fluid chart kept, mouth care given.",
    "Inhaler technique gone through once more.",
)
CALM = "Nothing that worries at present."
COURSE = ("Improving.", "Unchanged since yesterday.", "Slow progress, no new complaint.")


def nursing(dice: Dice, patient: dict[str, Any]) -> dict[str, str]:
    """The sections of a nursing note."""
    score = patient["news_score"]
    worries = f"NEWS2 {score}, doctor told." if score is not None and score >= 5 else CALM
    return {"condition": dice.one_of(CONDITIONS), "care": dice.one_of(CARE), "concerns": worries}


def progress(dice: Dice, patient: dict[str, Any]) -> dict[str, str]:
    """The sections of a doctor's progress note."""
    score = patient["news_score"]
    found = "No observations yet." if score is None else f"NEWS2 {score} at the last set."
    return {
        "subjective": dice.one_of(CONDITIONS),
        "objective": found,
        "assessment": dice.one_of(COURSE),
        "plan": "Continue, review tomorrow." if (score or 0) < 5 else "Observations hourly, review this evening.",
    }


def write(door: FrontDoor, who: str, person_id: str, kind: str, sections: dict[str, str]) -> int:
    """Begin, fill and sign a note; the status of the last thing that was done."""
    begun = door.ask(who, "POST", f"/patients/{person_id}/notes", {"kind": kind})
    if not begun.ok:
        return begun.status
    home = f"/notes/{begun.content['id']}"
    version = begun.content["version"]
    for section, text in sections.items():
        saved = door.ask(who, "PUT", f"{home}/sections/{section}", {"text": text}, version=0)
        if not saved.ok:
            return saved.status
        version = saved.content["note_version"]
    return door.ask(who, "POST", f"{home}/signature", {}, version=version).status
