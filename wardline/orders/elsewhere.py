"""A medicine that another system wrote, as a medicine line as far as it can be read. Pure; nothing is guessed.

Sources write products ("Cefuroxime 250 MG Oral Tablet", the way of RxNorm) where a line names an ingredient and a dose. One
tablet of a single ingredient is its strength; of several ingredients it stays one tablet.
"""

import re
from decimal import Decimal

from msgspec import Struct

from wardline.orders.drugs import DrugTable
from wardline.orders.entry import ROUTES
from wardline.orders.lines import Amount, MedicineLine, plain

_BRACKETS = re.compile(r"\s*\[[^\]]*\]")
_PACK = re.compile(r"^(?:\S*\d\s+)?[\d.]+ (?:HR|ML|ACTUAT) ", re.IGNORECASE)
_STRENGTH = re.compile(r"([\d.]+) ?(MG|MCG|G|UNT|MEQ|ML|%)(/[A-Z0-9.]*)?(?= |$)", re.IGNORECASE)
# RxNorm's dose forms: words at the end of a product's name, the route they leave no doubt about, and one of them.
_FORMS: tuple[tuple[str, str, str], ...] = (
    ("Extended Release Oral Tablet", "oral", "tablets"),
    ("Extended Release Oral Capsule", "oral", "capsules"),
    ("Delayed Release Oral Tablet", "oral", "tablets"),
    ("Delayed Release Oral Capsule", "oral", "capsules"),
    ("Chewable Tablet", "oral", "tablets"),
    ("Oral Tablet", "oral", "tablets"),
    ("Oral Capsule", "oral", "capsules"),
    ("Oral Solution", "oral", ""),
    ("Oral Suspension", "oral", ""),
    ("Metered Dose Inhaler", "inhaled", "puffs"),
    ("Dry Powder Inhaler", "inhaled", "puffs"),
    ("Topical Cream", "topical", ""),
    ("Transdermal System", "transdermal", "patches"),
    ("transdermal patch", "transdermal", "patches"),
    ("Vaginal Ring", "vaginal", ""),
    ("Mucosal Spray", "", "sprays"),
    ("Injectable Solution", "", ""),
    ("Auto-Injector", "", ""),
    ("Prefilled Syringe", "", ""),
    ("Injection", "", ""),
)
_SOLID = ("tablets", "capsules")
_WEIGHED = ("mg", "micrograms", "g", "units")
_RELEASED = {"extended release": "modified release", "delayed release": "gastro-resistant"}
_UNITS = {"mg": "mg", "mcg": "micrograms", "ug": "micrograms", "g": "g", "unt": "units", "ml": "ml", "{tbl}": "tablets",
          "[iu]": "units", "{puff}": "puffs"}  # fmt: skip


class Said(Struct, frozen=True, kw_only=True):
    """What a source says of one medicine. `unit` is empty where the dose counts the product itself."""

    product: str
    dose: Decimal | None = None
    unit: str = ""
    times_per_day: int | None = None
    every_hours: int | None = None
    weekdays: tuple[str, ...] = ()
    clocks: tuple[str, ...] = ()
    as_needed: bool = False
    reason: str = ""
    route: str = ""
    once: bool = False
    days: int | None = None


def line_heard(said: Said, table: DrugTable | None) -> MedicineLine:
    """The line; a product that the table does not know keeps the source's own words as its name."""
    plain = _PACK.sub("", _BRACKETS.sub("", said.product)).strip()
    form, route, piece = next((each for each in _FORMS if plain.lower().endswith(each[0].lower())), ("", "", ""))
    substances = " ".join(_STRENGTH.sub("", plain.removesuffix(form) if form else plain).split())
    found = table.find(substances) or table.find(plain) if table and substances else None
    is_one = found is not None and len(found.drugs) == 1
    amount = _amount(said, plain if is_one else "", piece)
    return MedicineLine(
        name=found.name if found else said.product,
        amount=amount,
        form=_form(said.product, plain, says_all=found is None or (amount is not None and amount.unit in _WEIGHED)),
        route=ROUTES.get(said.route.lower(), "") or route,
        times_per_day=said.times_per_day,
        every_hours=said.every_hours,
        weekdays=said.weekdays,
        clocks=said.clocks,
        as_needed=said.as_needed,
        reason=said.reason,
        once=said.once,
        days=said.days,
    )


def _form(product: str, plain: str, *, says_all: bool) -> str:
    """How the dose is released where the rest is in the line; else the product itself, whose strength would be lost."""
    if not says_all:
        return f"as {product}"
    return next((words for theirs, words in _RELEASED.items() if theirs in plain.lower()), "")


def _amount(said: Said, product: str, piece: str) -> Amount | None:
    """The dose in the source's unit, else so many pieces of known strength, else so many pieces."""
    if said.dose is None or said.dose <= 0:
        return None
    if said.unit:
        unit = _UNITS.get(said.unit.lower())
        return Amount(said.dose, unit) if unit else None
    strengths = _STRENGTH.findall(product)
    if piece in _SOLID and len(strengths) == 1 and not strengths[0][2]:
        number, unit, _ = strengths[0]
        known = _UNITS.get(unit.lower())
        return Amount(Decimal(plain(said.dose * Decimal(number))), known) if known else None
    return Amount(said.dose, piece) if piece else None
