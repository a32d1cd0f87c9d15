"""A number without a unit that is known: "amox 500", "metformin 1 bd", "30 ng", "20 mEq"."""

import re
from decimal import Decimal

from wardline.orders import ranges
from wardline.orders.drugs import Form, Understood
from wardline.orders.lines import Amount
from wardline.orders.reading import NUMBER, UNITS, Reading, number

COUNTED_MAX = 8  # own: so many tablets are swallowed at once; a larger number is an amount
PIECES = frozenset({"rectal", "vaginal"})  # where a small number counts suppositories
# Words that may follow a number without being its unit.
SAID_BESIDE = frozenset({
    "tab", "cap", "injection", "inj", "infusion", "syrup", "suspension", "cream", "ointment", "patch", "inhaler", "eye", "weekly", "then", "and", "for",
    "if", "with", "apply",
})  # fmt: skip


def number_alone(reading: Reading, name: Understood | None) -> None:
    """A number without a unit is of the drug's strengths, when one unit among them has that number."""
    strengths = [strength.partition(" ") for form in _forms(name, reading) for strength in form.strengths]
    made = {unit.partition("/")[0] for _, _, unit in strengths} & (set(UNITS.values()) - {"%"})
    is_part = made == {"micrograms"} and re.search(r"(?<![\d.])0?\.\d", reading.rest)
    made |= {"mg"} if is_part else set()
    usual = ("mg", "g", "micrograms")
    if ranges.bare(reading, tuple(sorted(made)) or usual) or (found := reading.take(rf"({NUMBER})")) is None:
        return
    after = reading.rest[found.start() :].split()
    if after and after[0].isalpha() and after[0] not in SAID_BESIDE:
        reading.ask("amount", f'"{found[1]} {after[0]}" has no unit that is known: write it in one that is.')
        return
    value = number(found[1])
    units = {
        unit for written, _, unit in strengths if number(written) == value and unit in UNITS.values() and unit != "%"
    }
    counted = _counted(name, reading, value)
    is_piece = value is not None and value <= COUNTED_MAX and reading.fields.get("route") in PIECES
    if value is None or len(units) != 1 or ((counted or is_piece) and units == {"g"}):
        amounts = tuple(f"{found[1]} {unit}" for unit in sorted(units or made) or usual)
        choices = counted if counted and name and len(name.drugs) > 1 else counted + amounts
        reading.ask("amount", f"{found[1]} of what?", choices)
        return
    unit = units.pop()
    reading.assumptions.append(f"{found[1]} is {value:,f} {unit}")
    reading.set(amount=Amount(Decimal(f"{value:f}"), unit))


def _counted(name: Understood | None, reading: Reading, value: Decimal | None) -> tuple[str, ...]:
    """`1 bd`, `2 qds`: a small whole number may count what is swallowed."""
    forms = {form.words for form in _forms(name, reading) if "oral" in form.routes}
    is_count = value is not None and value <= COUNTED_MAX and value == int(value)
    return tuple(f"{value} {kind}s" for kind in ("tablet", "capsule", "sachet") if is_count and _any_ends(forms, kind))


def _any_ends(forms: set[str], kind: str) -> bool:
    return any(form.endswith(kind) for form in forms)


def ask_about_nanograms(reading: Reading, name: Understood | None) -> None:
    """`30 ng`: a unit where the drug is made in nanograms or a route is said; else it may be a nasogastric dose."""
    written = reading.nanograms
    if not written or "route" in reading.fields:
        return
    strengths = [strength for form in _forms(name, reading) for strength in form.strengths]
    if not any(strength.partition(" ")[2].startswith("nanogram") for strength in strengths):
        choices = (f"{written} nanograms", f"{written} mg nasogastric")
        reading.ask("amount", f'"{written} ng": nanograms, or by nasogastric tube? Write it out.', choices)


def _forms(name: Understood | None, reading: Reading) -> list[Form]:
    route = reading.fields.get("route")
    forms = [form for drug in name.drugs for form in drug.forms] if name else []
    return [form for form in forms if route is None or route in form.routes]
