"""Doses that are counted: by which routes a tablet, a puff or a drop can be given, and of which strength one of them is.

Nobody swallows a puff, and "digoxin 1 tab" is 62.5 micrograms or 250: where one strength is made, no more has to be said.
"""

from wardline.orders.drugs import Form, Understood
from wardline.orders.lines import MedicineLine
from wardline.orders.reading import Reading

_SWALLOWED = ("oral", "nasogastric", "gastrostomy")
# Own: every route by which somebody gives so much of something, the usual ones first.
ROUTES_OF_COUNT: dict[str, tuple[str, ...]] = {
    "applications": ("topical", "ocular", "aural", "nasal", "vaginal", "rectal", "transdermal", "buccal", "oral"),
    "capsules": (*_SWALLOWED, "inhaled", "sublingual", "buccal", "vaginal", "rectal"),
    "drops": ("ocular", "aural", "nasal", *_SWALLOWED, "sublingual", "buccal"),
    "patches": ("transdermal", "topical"),
    "puffs": ("inhaled", "nasal", "sublingual"),
    "sachets": (*_SWALLOWED, "topical"),
    "sprays": ("nasal", "sublingual", "inhaled", "buccal", "topical", "aural", "oral"),
    "tablets": (*_SWALLOWED, "sublingual", "buccal", "vaginal", "rectal"),
}
_OFFERED_MAX = 3
# What the form of one is called, where one says how much.
_FORM_OF_COUNT = {"capsules": "capsule", "patches": "patch", "puffs": "inhaler", "tablets": "tablet"}


def can_be(line: MedicineLine, route: str) -> bool:
    """Whether the dose may be one of a route that nobody wrote. What is dropped as a percentage, sprayed or applied is hardly ever
    swallowed: "prednisolone 1 % 1 drop" is for an eye.
    """
    unit = _unit(line)
    is_outside = unit in {"applications", "sprays"} or (unit == "drops" and line.strength.endswith("%"))
    return route in ROUTES_OF_COUNT.get(unit, (route,)) and not (is_outside and route in _SWALLOWED)


def offered(line: MedicineLine) -> tuple[str, ...]:
    """The usual routes of what is counted, where the drug table knows none of them."""
    return ROUTES_OF_COUNT.get(_unit(line), ())[:_OFFERED_MAX]


def ask_about_route(reading: Reading, line: MedicineLine) -> None:
    """`amlodipine 2 tablets iv`, `prednisolone 2 puffs po`."""
    unit = _unit(line)
    is_asked = any(question.field == "route" for question in reading.questions)
    if line.route and not is_asked and line.route not in ROUTES_OF_COUNT.get(unit, (line.route,)):
        reading.ask("route", f"By which route: {line.route}? {unit[0].upper()}{unit[1:]} are not given so.")


def _unit(line: MedicineLine) -> str:
    return line.amount.unit if line.amount is not None else ""


def ask_about_strength(reading: Reading, name: Understood | None, line: MedicineLine) -> None:
    """`digoxin 1 tab`, `fentanyl 1 patch`: of which strength, where several are made."""
    if name is None or len(name.drugs) != 1 or line.amount is None or line.strength:
        return
    kind = _FORM_OF_COUNT.get(line.amount.unit, "")
    strengths = _strengths(name.drugs[0].forms, kind, line.form) if kind else []
    if len(strengths) > 1:
        before = "" if kind == "patch" else "of "
        choices = tuple(f"{before}{strength}" for strength in strengths)
        reading.ask("amount", f"Which strength of {kind}?", choices)


def _strengths(forms: tuple[Form, ...], kind: str, made_as: str) -> list[str]:
    """The strengths of a kind of form, of those that are made as the line says, where it says that."""
    kinds = [form for form in forms if form.words.endswith(kind)]
    kinds = [form for form in kinds if made_as and form.words.replace("-", " ").startswith(made_as)] or kinds
    return list(dict.fromkeys(strength for form in kinds for strength in form.strengths))
