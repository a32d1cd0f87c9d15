"""A line of entry while it is read: the text that is left, what was understood, and what is asked."""

import re
from decimal import Decimal, InvalidOperation

from msgspec import Struct

from wardline.orders.lines import Amount

VALUE_MAX = Decimal(100_000_000)
DECIMALS_MAX = 4

NUMBER = r"(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+)"
UNITS = {
    "mg": "mg", "milligram": "mg", "milligrams": "mg", "g": "g", "gram": "g", "grams": "g", "gm": "g", "gms": "g", "microg": "micrograms", "microgs": "micrograms", "microgram": "micrograms", "micrograms": "micrograms",
    "mcg": "micrograms", "mcgs": "micrograms", "ug": "micrograms", "mgs": "mg", "nanogram": "nanograms", "nanograms": "nanograms", "ng": "nanograms",
    "unit": "units", "units": "units", "iu": "units", "mmol": "mmol", "ml": "ml", "mls": "ml", "millilitre": "ml", "millilitres": "ml", "milliliter": "ml", "milliliters": "ml", "liter": "litres", "liters": "litres", "litre": "litres", "litres": "litres",
    "l": "litres", "puff": "puffs", "puffs": "puffs", "drop": "drops", "drops": "drops", "tablet": "tablets",
    "tablets": "tablets", "tab": "tablets", "tabs": "tablets", "capsule": "capsules", "capsules": "capsules",
    "cap": "capsules", "caps": "capsules", "sachet": "sachets", "sachets": "sachets", "patch": "patches",
    "patches": "patches", "spray": "sprays", "sprays": "sprays", "application": "applications", "applications": "applications", "%": "%",
}  # fmt: skip
UNIT = "(?:" + "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True)) + r")(?![a-z])"

# `/24h`, `in 24 hours`, `per day`, `daily`: what makes a most one of a day.
PER_DAY = r"\s*(?:(?:/|per|in|a|each|every)\s*(?:24\s*h(?:ou)?rs?|24\s*h|day|d)(?![a-z])|daily\b)"
MOST = r"(?:max(?:imum|\.)?(?:\s+of)?:?|up to|at most|not? more than|(?:do\s+)?not\s+(?:to\s+)?exceed(?:ing)?)"
# A comma is of decimals behind a nought, and may be where a point of thousands is written: 0,125 is not 125.
_TWO_WAYS = re.compile(r"0+,|[1-9]\d{0,2}\.\d\d0$")


class Question(Struct, frozen=True):
    """Something that must be said before the line can be signed; `choices` complete the line when typed."""

    field: str
    words: str
    choices: tuple[str, ...] = ()


class Reading:
    """A line while it is read: every phrase that is understood is taken out of the rest, once."""

    def __init__(self, rest: str) -> None:
        self.rest = f" {rest} "
        self.written = ""  # the name, where it was not understood
        self.fields: dict[str, object] = {}
        # What the line ends with, taken off because it may answer which of two frequencies is meant; and whether it did.
        self.answer, self.is_answered = "", False
        self.questions: list[Question] = []
        self.assumptions: list[str] = []
        # One of two values is wanted: the field, both, what is asked, and what answers it.
        self.either: list[tuple[str, tuple[object, ...], str, tuple[str, ...]]] = []
        self.tablet: Amount | None = None  # the strength of one, where tablets were counted
        self.most_is_of_day = False  # a most said for 24 hours, not a bare "max 1 g"
        self.repeats = False  # whether "every" or more than one day says that the days of the week come again
        self.times_a_week: tuple[int, str] | None = None  # so many, as it was written
        self.days_written = ""  # for how long, as it stood: "2/52", "for 2 weeks"
        self.nanograms = ""  # the number before "ng", which may be a unit or a route

    def take(self, pattern: str) -> re.Match[str] | None:
        """The first match that stands by itself, taken out of the rest."""
        found = re.search(rf"(?<![\w./,-])(?:{pattern})(?![\w/])(?!(?<=\d)[.,]\d)", self.rest)
        if found is not None:
            self.rest = f"{self.rest[: found.start()]} {self.rest[found.end() :]}"
        return found

    def set(self, **fields: object) -> None:
        """Take a field; one that was said already, and otherwise, becomes a question."""
        for name, value in fields.items():
            if name in self.fields and self.fields[name] != value:
                self.ask(name, f"Said twice: {_said(self.fields[name])} and {_said(value)}. Which one?")
            self.fields.setdefault(name, value)

    def ask(self, field: str, words: str, choices: tuple[str, ...] = ()) -> None:
        self.questions.append(Question(field, words, choices))


def _said(value: object) -> str:
    """A field in the words that a person would use."""
    return (
        value.words
        if isinstance(value, Amount)
        else {True: "yes", False: "no"}.get(value, str(value))
        if isinstance(value, bool)
        else str(value)
    )


def number(written: str) -> Decimal | None:
    """`1,000` and `.5` as numbers; None for one that is zero, too large or finer than the table holds."""
    try:
        value = Decimal(written.replace(",", ""))
    except InvalidOperation:
        return None
    exponent = value.as_tuple().exponent
    fine = isinstance(exponent, int) and -exponent > DECIMALS_MAX
    return value.normalize() if 0 < value <= VALUE_MAX and not fine else None


def amount_of(reading: Reading, written: str, unit: str) -> Amount | None:
    """An amount as it was written; one that cannot be is asked about."""
    value = number(written)
    if _TWO_WAYS.match(written):
        words = f'"{written} {unit}": thousands, or decimals? Write thousands without a mark, decimals with a point and no nought at the end.'
        reading.ask("amount", words)
        return None
    if value is None:
        reading.ask("amount", f"{written} {unit} is not an amount.")
        return None
    if written.startswith("."):
        reading.assumptions.append(f"{written} is 0{written}")
    return Amount(Decimal(f"{value:f}"), UNITS[unit])
