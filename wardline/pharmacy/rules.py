"""How much an order needs, which lots are taken first, what a product is to an order. Pure: the day is passed in."""

import math
import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from wardline.orders.public import Amount, MedicineLine, in_unit
from wardline.pharmacy.models import SUPPLY_DAYS, Offer

HOURS_PER_DAY = 24
# Units of which a part can be given, and the rest kept for the next dose. A vial or a bag is opened for one dose.
DIVISIBLE = frozenset({"tablet", "ml", "g"})
SINGULAR = {
    "tablets": "tablet",
    "capsules": "capsule",
    "puffs": "puff",
    "drops": "drop",
    "patches": "patch",
    "doses": "dose",
}
UNCHANGED = frozenset({"ml", "g", "mg", "l"})
_STRENGTH = re.compile(r"([\d.,]+)\s*(g|mg|micrograms?|nanograms?|units?|mmol|%)(?:\s*/\s*([\d.,]*)\s*(ml|\w+))?$")


def plural(unit: str, quantity: int) -> str:
    """`1 tablet`, `2 patches`, `30 ml`: the unit that goes with a quantity."""
    if quantity == 1 or unit in UNCHANGED or unit.endswith("s"):
        return unit
    return f"{unit}es" if unit.endswith(("ch", "sh", "x", "s")) else f"{unit}s"


def unusable(offer: Offer, today: date) -> str:
    """Why a lot may not be dispensed; empty when it may. A lot is good to the end of the day that it names."""
    if offer.is_quarantined:
        return "in quarantine"
    return "expired" if offer.expires_on is not None and offer.expires_on < today else ""


# --- how much ----------------------------------------------------------------------------------------------------------
def doses_per_day(line: MedicineLine) -> Fraction | None:
    """How often a day it is given at most; None where the order does not say."""
    if line.times_per_day is not None:
        return Fraction(line.times_per_day)
    if line.every_hours:
        return Fraction(HOURS_PER_DAY, line.every_hours)
    highest = line.amount_to or line.amount
    if line.day_max is not None and highest is not None and highest.value > 0:
        most = in_unit(float(line.day_max.value), line.day_max.unit, highest.unit)
        return None if most is None else Fraction(most).limit_denominator(1000) / Fraction(highest.value)
    return None


def units_per_dose(amount: Amount, *, strength: str, unit: str) -> Fraction | None:
    """How many units of a product make an amount: 1 g of 500 mg tablets is 2. None where the two do not compare.

    What cannot be divided is rounded up for each dose.
    """
    exact = _exact_units(amount, strength=strength, unit=unit)
    if exact is None or unit in DIVISIBLE:
        return exact
    return Fraction(math.ceil(exact))


def _exact_units(amount: Amount, *, strength: str, unit: str) -> Fraction | None:
    said = SINGULAR.get(amount.unit, amount.unit)
    if said == unit:
        return Fraction(amount.value)
    found = _STRENGTH.fullmatch(strength.strip())
    if found is None:
        return None
    of, mass_unit, per, per_unit = found.groups()
    if mass_unit == "%":
        return None
    mass_unit = {"microgram": "micrograms", "nanogram": "nanograms", "unit": "units"}.get(mass_unit, mass_unit)
    given = in_unit(float(amount.value), amount.unit, mass_unit)
    if given is None:
        return None
    share = Fraction(given).limit_denominator(10**6) / Fraction(Decimal(of.replace(",", "")))
    if per_unit is None:
        return share
    # A strength by volume counts units only where the product is counted by volume; how much a bottle holds is not known.
    return share * Fraction(Decimal(per or "1")) if per_unit == unit else None


def needed(line: MedicineLine, *, strength: str, unit: str, days: int | None = None) -> int | None:
    """Whole units that the order needs for so many days (the order's own, or a week): doses a day times days, rounded up.

    None where it cannot be computed: the person who dispenses enters it.
    """
    if line.per_kg or line.rate:
        return None
    if line.steps:
        return _needed_steps(line, strength=strength, unit=unit)
    highest = line.amount_to or line.amount
    each = None if highest is None else units_per_dose(highest, strength=strength, unit=unit)
    if each is None:
        return None
    if line.once:
        return math.ceil(each)
    often = doses_per_day(line)
    return None if often is None else math.ceil(each * often * (days or supply_days(line)))


def _needed_steps(line: MedicineLine, *, strength: str, unit: str) -> int | None:
    often = doses_per_day(line)
    total = Fraction(0)
    for step in line.steps:
        each = units_per_dose(step.amount, strength=strength, unit=unit)
        if each is None or often is None:
            return None
        total += each * often * step.days
    return math.ceil(total)


def supply_days(line: MedicineLine) -> int:
    """The days that the order says, or a week."""
    if line.once:
        return 1
    return sum(step.days for step in line.steps) or line.days or SUPPLY_DAYS


# --- which -------------------------------------------------------------------------------------------------------------
def is_as_ordered(line: MedicineLine, *, form: str, strength: str, unit: str, routes: Sequence[str]) -> bool:
    """Whether a product is what the line asks for: its form where one is named, its route, and doses in whole or half units.

    Anything else of the same ingredient is a substitution, which says why.
    """
    if line.form and line.form != form:
        return False
    if line.route and routes and line.route not in routes:
        return False
    amounts = [step.amount for step in line.steps] or ([line.amount] if line.amount else [])
    for amount in amounts:
        each = _exact_units(amount, strength=strength, unit=unit)
        if each is not None and (each * 2).denominator != 1:
            return False
    return True


def plan(lots: Sequence[Offer], quantity: int, *, first: UUID | None = None) -> list[tuple[UUID, int]]:
    """(lot, quantity)s that make up a quantity: the lot that was chosen, then first expiry first. What is unusable is left.

    Shorter than the quantity when there is not so much.
    """
    usable = [lot for lot in lots if not lot.unusable and lot.quantity > 0 and lot.lot_id is not None]
    usable.sort(key=lambda lot: (lot.lot_id != first, lot.expires_on, lot.lot_number))
    taken: list[tuple[UUID, int]] = []
    left = quantity
    for lot in usable:
        if left == 0:
            break
        assert lot.lot_id is not None
        taken.append((lot.lot_id, min(left, lot.quantity)))
        left -= taken[-1][1]
    return taken


def available(lots: Sequence[Offer]) -> int:
    """How much of a product may be dispensed."""
    return sum(lot.quantity for lot in lots if not lot.unusable)
