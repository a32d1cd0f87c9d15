"""A dose in the units that a patient handles: "Take 2 tablets (1 g)". Pure. Nothing is rounded: what is no whole number says so."""

from fractions import Fraction

from msgspec import Struct

from wardline.orders.public import Amount, MedicineLine, dose_words, parts
from wardline.pharmacy import rules

VERBS = {
    "oral": "Take",
    "sublingual": "Take",
    "buccal": "Take",
    "inhaled": "Inhale",
    "rectal": "Insert",
    "vaginal": "Insert",
    "topical": "Apply",
    "transdermal": "Apply",
    "nasal": "Use",
    "ocular": "Use",
    "aural": "Use",
}
VERBS_OF_UNITS = {
    "tablet": "Take",
    "capsule": "Take",
    "lozenge": "Take",
    "sachet": "Take",
    "puff": "Inhale",
    "patch": "Apply",
    "suppository": "Insert",
    "pessary": "Insert",
}
OTHER_VERB = "Give"
MEASURED = frozenset({"ml", "g"})
TENTH = 10  # what a measured dose can be read off in: tenths of a millilitre
DECIMALS_MAX = 3
ASK = "Ask the pharmacy before it is given."


class Directions(Struct, frozen=True):
    """How a product is taken. `units` is the dose in units (`2 tablets (1 g)`), empty where they are not known or do not come out
    even; `problem` says the latter.
    """

    words: str
    units: str = ""
    problem: str = ""


def directions(line: MedicineLine, *, strength: str, unit: str, form: str) -> Directions:
    """The order's line for this product: its verb, the dose in units and in mass, and the rest of the line."""
    rest = parts(line)
    shares = [_share(amount, strength=strength, unit=unit) for amount in _amounts(line)]
    known = [share for share in shares if share is not None]
    if not known or len(known) < len(shares):
        return Directions(", ".join(part for part in (dose_words(line), *rest) if part))
    if rules.is_another_strength(line, strength, unit):
        problem = f"The order is of {line.strength}, this is {strength}: it is another dose."
        return Directions(", ".join((f"Dose {dose_words(line)}", *rest)) + f". {problem} {ASK}", problem=problem)
    odd = [share for share in known if not _is_even(share, unit, form)]
    if odd:
        problem = _problem(line, odd[0], known, strength=strength, unit=unit, form=form)
        return Directions(", ".join((f"Dose {dose_words(line)}", *rest)) + f". {problem} {ASK}", problem=problem)
    units = _in_units(line, known, strength=strength, unit=unit)
    verb = VERBS.get(line.route, "") or VERBS_OF_UNITS.get(unit, OTHER_VERB)
    return Directions(", ".join((f"{verb} {units}", *rest)), units=units)


def _amounts(line: MedicineLine) -> list[Amount]:
    if line.per_kg or line.rate:
        return []
    if line.steps:
        return [step.amount for step in line.steps]
    return [each for each in (line.amount, line.amount_to) if each is not None]


def _share(amount: Amount, *, strength: str, unit: str) -> Fraction | None:
    share = rules.exact_units(amount, strength=strength, unit=unit)
    return share or None  # a dose of nothing is no dose


def _is_even(share: Fraction, unit: str, form: str) -> bool:
    """Whether so many can be handled: whole ones, halves of a tablet that may be halved, tenths of what is measured."""
    if unit in MEASURED:
        return (share * TENTH).denominator == 1
    if unit == "tablet" and rules.is_divisible(unit, form):
        return (share * 2).denominator == 1
    return share.denominator == 1


# --- in words ----------------------------------------------------------------------------------------------------------
def _in_units(line: MedicineLine, shares: list[Fraction], *, strength: str, unit: str) -> str:
    if line.steps:
        return ", then ".join(
            f"{counted(share, unit)}{_mass(step.amount, share, strength)} for {step.days} {'day' if step.days == 1 else 'days'}"
            for step, share in zip(line.steps, shares, strict=True)
        )
    if line.amount_to is None:
        assert line.amount is not None, "there is a share of it"
        return f"{counted(shares[0], unit)}{_mass(line.amount, shares[0], strength)}"
    is_plain = unit in MEASURED or shares[0].denominator == 1
    low, high = number(shares[0]) if is_plain else counted(shares[0], unit), counted(shares[-1], unit)
    said = dose_words(line)
    return f"{low} to {high}" + ("" if _says_units(line.amount_to, unit) else f" ({said})")


def counted(share: Fraction, unit: str) -> str:
    """`2 tablets`, `half a tablet`, `1 and a half tablets`, `7.5 ml`."""
    if unit in MEASURED:
        return f"{number(share)} {unit}"
    whole, part = divmod(share, 1)
    if not part:
        return f"{whole:,} {rules.plural(unit, int(whole))}"
    assert part == Fraction(1, 2), "what does not come out even is not counted"
    return f"{whole:,} and a half {rules.plural(unit, 2)}" if whole else f"half a {unit}"


def _mass(amount: Amount, share: Fraction, strength: str) -> str:
    """` (1 g)`, as the order says it, or as the strength makes it where the order counts units itself."""
    if rules.SINGULAR.get(amount.unit, amount.unit) not in rules.COUNTED:
        return f" ({amount.words})"
    held = rules.mass_of(strength)
    if held is None:
        return ""
    value, unit = held
    whole = value * share
    if unit == "mg" and whole >= 1000 and not (whole / 100) % 1:
        whole, unit = whole / 1000, "g"
    return f" ({number(whole)} {unit})"


def _says_units(amount: Amount, unit: str) -> bool:
    return rules.SINGULAR.get(amount.unit, amount.unit) == unit


def number(value: Fraction) -> str:
    """A number with the decimals that it has: `7.5`, `1,000`."""
    text = f"{float(value):,.{DECIMALS_MAX}f}"
    return text.rstrip("0").rstrip(".")


def _problem(line: MedicineLine, odd: Fraction, shares: list[Fraction], *, strength: str, unit: str, form: str) -> str:
    amount = _amounts(line)[shares.index(odd)]
    halves = unit == "tablet" and rules.is_divisible(unit, form)
    need = "not a whole or half number" if halves else "not measurable" if unit in MEASURED else "not a whole number"
    return f"{amount.words} is {_odd_words(odd, unit)} of {strength}: {need}."


def _odd_words(share: Fraction, unit: str) -> str:
    many = rules.plural(unit, 2)
    if (share * 10**DECIMALS_MAX).denominator == 1:
        return f"{number(share)} {many}"
    below = int(share * TENTH) if unit in MEASURED else int(share)
    scale = TENTH if unit in MEASURED else 1
    return f"between {number(Fraction(below, scale))} and {number(Fraction(below + 1, scale))} {many}"
