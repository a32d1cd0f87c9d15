"""Doses and intervals that nobody means: milligrams for micrograms, a patch of three days changed every day. They are asked about,
with what may have been meant.
"""

import re
from decimal import Decimal

from wardline.orders.doses import MILLIGRAMS
from wardline.orders.drugs import Form, Understood
from wardline.orders.lines import (
    HOURS_PER_DAY,
    Amount,
    MedicineLine,
    gaps_hours,
    held_in_ml,
    hours_words,
    plain,
    range_words,
)
from wardline.orders.phrases import BY_NEEDLE
from wardline.orders.reading import Reading

# Own: a slip of the unit is a thousandfold. So many of the largest strength, or so much of the strongest fluid, is one.
PIECES_MAX = 100
FLUID_ML_MAX = 500
TISSUE_ML_MAX = 100  # into a muscle or under the skin
BAG_ML_MIN = 250  # own: so much into a vein is no concentrate
WHICH_UNIT = "It is not made so strong: which unit?"
WHICH_STRENGTH = "So much of which strength?"
_STRENGTH = re.compile(r"([\d.,]+) (g|mg|micrograms|nanograms)(?:/(?:([\d.,]+) )?(ml|h|puff|spray|dose))?")
_SMALLER = {"g": "mg", "mg": "micrograms", "micrograms": "nanograms"}
_BY_TUBE = {"nasogastric": "oral", "gastrostomy": "oral"}
MMOL_PER_ML_MAX = Decimal("0.4")  # own: 40 mmol in 100 ml
MG_PER_MMOL = Decimal("74.55")  # potassium chloride: its molar mass
_UNDILUTED = "Injected undiluted it has killed (Drug and Therapeutics Bulletin 1971; 9: 31)."
# Hours for which a patch is worn, at least and at most, and who says so.
WORN_HOURS = {
    "fentanyl": (48, 72, "US prescribing information of fentanyl transdermal system, section 2"),
    "buprenorphine": (72, 168, "US prescribing information of Butrans, section 2; UK product information of Transtec"),
    "hyoscine hydrobromide": (72, 72, "US prescribing information of Transderm Scop, section 2"),
}


def ask_about_units(reading: Reading, name: Understood | None, line: MedicineLine) -> None:
    """`digoxin 125 mg`: 500 tablets of the largest strength."""
    if name is None or len(name.drugs) != 1 or line.per_kg or line.rate or line.over_minutes or line.diluent:
        return
    most_mg = _most_mg(name.drugs[0].forms, line.route)
    for amount in [step.amount for step in line.steps] or [line.amount_to or line.amount]:
        if most_mg is None or amount is None or amount.unit not in MILLIGRAMS or _mg(amount) <= most_mg:
            continue
        smaller = Amount(amount.value, _SMALLER.get(amount.unit, amount.unit))
        choices = (smaller.words,) if smaller != amount and _mg(smaller) <= most_mg else ()
        reading.ask("amount", f"{amount.words}? {WHICH_UNIT}", choices)
        return


def _most_mg(forms: tuple[Form, ...], route: str) -> Decimal | None:
    """More than this at once is a slip; None where a strength says no mass, or nothing is known of the route."""
    read = [_STRENGTH.fullmatch(each) for each in _strengths(forms, route)]
    if not read or not all(read):
        return None
    fluid_ml_max = TISSUE_ML_MAX if route in {"intramuscular", "subcutaneous"} else FLUID_ML_MAX
    return max(_enough_mg(each, fluid_ml_max) for each in read if each)


def _strengths(forms: tuple[Form, ...], route: str) -> list[str]:
    """What is made for a route; whatever a needle gives is made for each of its routes."""
    routes = BY_NEEDLE if route in BY_NEEDLE else {_BY_TUBE.get(route, route)}
    return [strength for form in forms if routes & set(form.routes) for strength in form.strengths]


def _enough_mg(strength: re.Match[str], fluid_ml_max: int) -> Decimal:
    held = _mg(Amount(Decimal(strength[1].replace(",", "")), strength[2]))
    if strength[4] == "ml":
        return held / Decimal((strength[3] or "1").replace(",", "")) * fluid_ml_max
    return held * PIECES_MAX


def _mg(amount: Amount) -> Decimal:
    return amount.value * Decimal(plain(Decimal(str(MILLIGRAMS[amount.unit]))))


def ask_about_strength(reading: Reading, name: Understood | None, line: MedicineLine) -> None:
    """`oramorph 5 ml`: 10 mg, or 100 mg? Asked where fluids of several strengths are made, and always of an opioid and of what a
    needle gives: a concentrate is made of most.
    """
    amounts = [step.amount for step in line.steps] or [line.amount]
    is_volume = any(amount is not None and amount.unit in {"ml", "litres"} for amount in amounts)
    if not is_volume or line.strength or name is None or len(name.drugs) != 1:
        return
    made = _strengths(name.drugs[0].forms, line.route)
    fluids = tuple(dict.fromkeys(each for each in made if each.endswith(("ml", "%"))))
    is_bag = all(amount is None or amount.unit == "litres" or amount.value >= BAG_ML_MIN for amount in amounts)
    is_strong = (line.route in BY_NEEDLE and not is_bag) or "opioid" in name.drugs[0].classes
    if len(fluids) > 1 or (fluids and is_strong):
        reading.ask("strength", WHICH_STRENGTH, tuple(f"of {each}" for each in fluids))


def ask_about_dilution(reading: Reading, line: MedicineLine) -> None:
    """Potassium chloride into a vein is asked about where the line names no fluid, where it does not say how much of it each
    millilitre holds, and where that is more than `MMOL_PER_ML_MAX`. A bag or a rate of a strength names its own fluid.
    """
    if line.name != "potassium chloride" or line.route != "intravenous":
        return
    held = _mmol_per_ml(line)
    if not held:
        written = 'Write it as "40 mmol in 1 litre normal saline".'
        reading.ask("diluent", f"In how much of which fluid? {written} {_UNDILUTED}")
    elif held > MMOL_PER_ML_MAX:
        most = f"more than {plain(MMOL_PER_ML_MAX)} is not read"
        reading.ask(
            "diluent", f"In more fluid? Each ml would hold {plain(round(held, 3))} mmol, and {most}. {_UNDILUTED}"
        )


def _mmol_per_ml(line: MedicineLine) -> Decimal | None:
    """How much potassium chloride runs into the vein with each millilitre; None where no fluid is named, or it cannot be said."""
    made, amount = _mmol_of_strength(line.strength), line.amount_to or line.amount
    volume, _, fluid = line.diluent.partition(" ")
    unit, _, named = fluid.partition(" ")
    if amount is None or (line.diluent and not named):
        return None
    if line.rate or not line.diluent:  # "20 mmol 0.9 %" may be twenty of anything
        is_said = amount.unit in {"ml", "litres"} or (line.rate and line.strength.endswith("ml"))
        return made if is_said else None
    mmol = amount.value * made if amount.unit == "ml" and made is not None else _mmol(amount)
    if mmol is None or line.per_kg:
        return None
    return mmol / (Decimal(volume.replace(",", "")) * (1000 if unit == "litres" else 1))


def _mmol_of_strength(strength: str) -> Decimal | None:
    """In each millilitre of `2 mmol/ml`, `150 mg/ml` or `0.3 %`."""
    if strength.endswith(" %"):
        return Decimal(strength.removesuffix(" %").replace(",", "")) * 10 / MG_PER_MMOL
    held = held_in_ml(strength)
    return None if held is None else _mmol(held)


def _mmol(amount: Amount) -> Decimal | None:
    if amount.unit in MILLIGRAMS:
        return _mg(amount) / MG_PER_MMOL
    return amount.value if amount.unit == "mmol" else None


def ask_about_worn(reading: Reading, line: MedicineLine) -> None:
    """`fentanyl patch daily`: on top of those that are still worn."""
    least, most, source = WORN_HOURS.get(line.name, (0, 0, ""))
    hours = line.every_hours or (HOURS_PER_DAY // line.times_per_day if line.times_per_day else None)
    gaps = gaps_hours(line) or [hours]
    if line.route != "transdermal" or not most or all(gap is None or least <= gap <= most for gap in gaps):
        return
    worn = hours_words(most) if least == most else range_words(least, most)
    reading.ask("often", f"A patch of {line.name} is worn for {worn} ({source}): say so.")
