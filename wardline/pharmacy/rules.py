"""How much an order needs, which lots are taken first, what a product is to an order. Pure: the day is passed in."""

import math
import re
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from wardline.orders.public import NUMBER, WEEKDAYS, Amount, Drug, MedicineLine, in_unit, made_as, number
from wardline.pharmacy.models import SUPPLY_DAYS, Offer

HOURS_PER_DAY = 24
# Units of which a part can be given, and the rest kept for the next dose. A vial or a bag is opened for one dose.
DIVISIBLE = frozenset({"tablet", "ml", "g"})
# Units that are given whole; of a tablet a half can be given too, unless it is made to release slowly or past the stomach.
WHOLE = frozenset({"capsule", "dose", "drop", "lozenge", "patch", "pessary", "puff", "sachet", "spray", "suppository"})
NEVER_DIVIDED = frozenset({"modified release", "gastro-resistant"})
SINGULAR = {
    "tablets": "tablet",
    "capsules": "capsule",
    "puffs": "puff",
    "drops": "drop",
    "patches": "patch",
    "doses": "dose",
}
COUNTED = DIVISIBLE - {"g"} | WHOLE  # units that an order may count itself; a gram is a mass there
UNCHANGED = frozenset({"ml", "g", "mg", "l"})
_STRENGTH = re.compile(
    rf"({NUMBER})\s*(g|mg|micrograms?|nanograms?|units?|mmol|%)(?:\s*/\s*({NUMBER})?\s*(ml|\w+))?", re.ASCII
)


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
    """How often a day it is given at most, over a week where it has its days; None where the order does not say."""
    often = None
    if line.times_per_day is not None:
        often = Fraction(line.times_per_day * (len(line.weekdays) or len(WEEKDAYS)), len(WEEKDAYS))
    elif line.every_hours:
        often = Fraction(HOURS_PER_DAY, line.every_hours)
    most = _most_per_day(line)
    return most if often is None else often if most is None else min(often, most)


def _most_per_day(line: MedicineLine) -> Fraction | None:
    highest = line.amount_to or line.amount
    if line.day_max is None or highest is None or highest.value <= 0 or line.per_kg:
        return None
    most = in_unit(float(line.day_max.value), line.day_max.unit, highest.unit)
    return None if most is None else _fraction(most) / Fraction(highest.value)


def _doses(line: MedicineLine, days: int) -> Fraction | None:
    """How many doses so many days hold at most. What is given at an interval, as once a week, is given whole."""
    often = doses_per_day(line)
    if often is None:
        return None
    if line.weekdays and line.times_per_day is not None:
        return Fraction(named_days(line.weekdays, days) * line.times_per_day)
    return Fraction(math.ceil(often * days)) if line.every_hours else often * days


def named_days(weekdays: Sequence[str], days: int) -> int:
    """The most of these days of the week that so many days in a row can hold: five from Monday on hold five of mon to fri."""
    is_named = [day in weekdays for day in WEEKDAYS]
    weeks, rest = divmod(days, len(is_named))
    begun = max(sum((is_named * 2)[first : first + rest]) for first in range(len(is_named)))
    return weeks * sum(is_named) + begun


def _fraction(value: float) -> Fraction:
    return Fraction(value).limit_denominator(10**12)


def is_divisible(unit: str, form: str) -> bool:
    """Whether a part of one can be given and the rest kept."""
    return unit in DIVISIBLE and made_as(form) not in NEVER_DIVIDED


def units_per_dose(amount: Amount, *, strength: str, unit: str, form: str = "") -> Fraction | None:
    """How many units of a product make an amount: 1 g of 500 mg tablets is 2. None where the two do not compare.

    What cannot be divided is rounded up for each dose.
    """
    exact = exact_units(amount, strength=strength, unit=unit)
    if exact is None or is_divisible(unit, form):
        return exact
    return Fraction(math.ceil(exact))


def exact_units(amount: Amount, *, strength: str, unit: str) -> Fraction | None:
    """How many units make an amount, as it comes out. None where the two do not compare."""
    said = SINGULAR.get(amount.unit, amount.unit)
    if said == unit:
        return Fraction(amount.value)
    found = _STRENGTH.fullmatch(strength.strip())
    if found is None:
        return None
    of, mass_unit, per, per_unit = found.groups()
    held = number(of)  # None for a strength of nothing
    volume = number(per) if per else Decimal(1)
    if mass_unit == "%" or held is None or volume is None:
        return None
    mass_unit = {"microgram": "micrograms", "nanogram": "nanograms", "unit": "units"}.get(mass_unit, mass_unit)
    given = in_unit(float(amount.value), amount.unit, mass_unit)
    if given is None:
        return None
    share = _fraction(given) / Fraction(held)
    if per_unit is None:
        return share
    # A strength by volume counts units only where the product is counted by volume; how much a bottle holds is not known.
    return share * Fraction(volume) if per_unit == unit else None


def mass_of(strength: str) -> tuple[Fraction, str] | None:
    """What one unit holds, as `500 mg` says it; None for what is held in a volume, or is no mass."""
    found = _STRENGTH.fullmatch(strength.strip())
    held = number(found[1]) if found else None
    if found is None or held is None or found[4] or found[2] == "%":
        return None
    return Fraction(held), found[2]


# In milligrams, the sorts that mass compares in; a per cent is 10 mg in each ml.
_MILLIGRAMS = {"g": Fraction(1000), "mg": Fraction(1), "microgram": Fraction(1, 1000), "nanogram": Fraction(1, 10**6)}
_SEVERAL = re.compile(rf"(?:{NUMBER})(?:\s*/\s*(?:{NUMBER}))+", re.ASCII)


def is_strength_said(said: str, strength: str) -> bool | None:
    """Whether a product has the strength that an order names; None where the two do not compare."""
    if _SEVERAL.fullmatch(said.strip()):
        wanted, held = re.findall(NUMBER, said), re.findall(NUMBER, strength)
        return (
            [number(each) for each in wanted] == [number(each) for each in held] if len(wanted) == len(held) else None
        )
    ordered, found = _content(said), _content(strength)
    if ordered is None or found is None or ordered[1] != found[1]:
        return None
    return ordered[0] == found[0]


def _content(strength: str) -> tuple[Fraction, str] | None:
    """What one ml, or one unit, holds, with what it is counted in."""
    found = _STRENGTH.fullmatch(strength.strip().lower())
    held = number(found[1]) if found else None
    if found is None or held is None:
        return None
    sort = found[2].removesuffix("s")
    if sort == "%":
        return Fraction(held) * 10, "mg/ml"
    volume = number(found[3]) if found[3] else Decimal(1)
    if volume is None or (found[4] not in (None, "ml") and found[4] not in COUNTED):
        return None
    scale = _MILLIGRAMS.get(sort)
    value = Fraction(held) * (scale or 1) / Fraction(volume)
    return value, f"{'mg' if scale else sort}{'/ml' if found[4] == 'ml' else ''}"


def is_another_strength(line: MedicineLine, strength: str, unit: str) -> bool:
    """Whether the order counts its dose in ml, tablets or puffs of another strength than this product's."""
    amounts = [each for each in (line.amount, line.amount_to) if each]
    counts = any(SINGULAR.get(each.unit, each.unit) == unit for each in amounts)
    return counts and bool(line.strength) and is_strength_said(line.strength, strength) is False


def needed(line: MedicineLine, *, strength: str, unit: str, form: str = "", days: int | None = None) -> int | None:
    """Whole units that the order needs for so many days (the order's own, or a week): doses times units, rounded up.

    None where it cannot be computed: the person who dispenses enters it.
    """
    if line.per_kg or line.rate:
        return None
    if line.steps:
        return _needed_steps(line, strength=strength, unit=unit, form=form)
    highest = line.amount_to or line.amount
    each = None if highest is None else units_per_dose(highest, strength=strength, unit=unit, form=form)
    if each is None:
        return None
    doses = Fraction(1) if line.once else _doses(line, supply_days(line, days))
    return None if doses is None else math.ceil(each * doses)


def _needed_steps(line: MedicineLine, *, strength: str, unit: str, form: str) -> int | None:
    total = Fraction(0)
    for step in line.steps:
        each = units_per_dose(step.amount, strength=strength, unit=unit, form=form)
        doses = _doses(line, step.days)
        if each is None or doses is None:
            return None
        total += each * doses
    return math.ceil(total)


def supply_days(line: MedicineLine, asked: int | None = None) -> int:
    """The days that are asked for, at most those that the order says; without either a week."""
    if line.once:
        return 1
    own = sum(step.days for step in line.steps) or line.days
    if line.steps or asked is None:
        return own or SUPPLY_DAYS
    return min(asked, own) if own else asked


# --- which -------------------------------------------------------------------------------------------------------------
def usual_make(drugs: Sequence[Drug], route: str) -> str:
    """How every form of a medicine for a route is made, where there is one way only; else the plain one."""
    made = {made_as(form.words) for drug in drugs for form in drug.forms if route in form.routes}
    return made.pop() if len(made) == 1 else ""


def is_as_ordered(
    line: MedicineLine, *, form: str, strength: str, unit: str, routes: Sequence[str], usual: str = ""
) -> bool:
    """Whether a product is what the line asks for: made as it says (where it does not, as `usual`: never modified release for
    a plain tablet), for its route, of the strength that it names, and doses that can be given of it. A form whose routes are not known is not.

    Anything else of the same ingredient is a substitution, which says why.
    """
    if made_as(form) != (made_as(line.form) if line.form else usual):
        return False
    if line.route and line.route not in routes:
        return False
    if line.strength and not is_strength_said(line.strength, strength):
        return False
    if line.per_kg or line.rate:
        return True
    amounts = [step.amount for step in line.steps] or [each for each in (line.amount, line.amount_to) if each]
    shares = [exact_units(amount, strength=strength, unit=unit) for amount in amounts]
    return all(share is None or _can_be_given(share, unit, form) for share in shares)


def _can_be_given(share: Fraction, unit: str, form: str) -> bool:
    if unit in WHOLE or (unit == "tablet" and not is_divisible(unit, form)):
        return share.denominator == 1
    return unit != "tablet" or (share * 2).denominator == 1


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


def not_lasting(lots: Sequence[Offer], lines: Sequence[tuple[UUID, int]], *, today: date, days: int) -> Offer | None:
    """The lot among those that are taken that expires before the last of so many days, of which today is the first."""
    last, taken = today + timedelta(days=days - 1), {lot_id for lot_id, _ in lines}
    early = (lot for lot in lots if lot.lot_id in taken and lot.expires_on is not None and lot.expires_on < last)
    return next(early, None)


def most(computed: int, pack_quantity: int) -> int:
    """The most that is dispensed without a reason: twice what the order needs, or an original pack."""
    return max(2 * computed, pack_quantity)


def available(lots: Sequence[Offer]) -> int:
    """How much of a product may be dispensed."""
    return sum(lot.quantity for lot in lots if not lot.unusable)
