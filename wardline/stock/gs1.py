"""What a scanner reads from a medicine's pack: GTIN (01), expiry (17) and lot (10), from the GS1 General Specifications.

Pure: the day is passed in, for the century of a two-figure year (section 7.12 of the specifications).
"""

import re
from calendar import monthrange
from datetime import date

from msgspec import Struct

SEPARATOR = "\x1d"
# Application identifiers whose values have a fixed length; every other value ends at a separator or at the end.
FIXED = {"00": 18, "01": 14, "02": 14, "11": 6, "12": 6, "13": 6, "15": 6, "16": 6, "17": 6, "20": 2}
TWO_FIGURES = {*FIXED, "10", "21", "22", "30", "37"}
SYMBOLOGY = re.compile(r"^\][A-Za-z][0-9]")
BRACKETED = re.compile(r"\(([0-9]{2,4})\)([^(]*)")
CODE_LENGTH_MAX = 200


class NotGs1(Exception):
    """The code cannot be read; the message is a sentence for the person with the scanner."""


class Scanned(Struct, frozen=True):
    """What a pack says of itself; what it does not say is None or empty."""

    gtin: str | None = None
    lot: str = ""
    expires_on: date | None = None


def read(code: str, today: date) -> Scanned:
    """A scanned or typed code: element string with or without brackets, or a bare GTIN of 8, 12, 13 or 14 digits.

    Raises NotGs1 for a code that is none, a GTIN whose check digit is wrong, or a date that is none.
    """
    plain = SYMBOLOGY.sub("", code.strip()[:CODE_LENGTH_MAX])
    if re.fullmatch(r"[0-9]{8}|[0-9]{12,14}", plain):
        return Scanned(gtin=_gtin(plain))
    values = dict(BRACKETED.findall(plain)) if plain.startswith("(") else _elements(plain)
    if not {"01", "10", "17"} & values.keys():
        raise NotGs1("This code names no product, lot or expiry date.")
    return Scanned(
        gtin=_gtin(values["01"].strip()) if "01" in values else None,
        lot=_lot(values.get("10", "")),
        expires_on=_expiry(values["17"].strip(), today) if "17" in values else None,
    )


def check_digit(digits: str) -> str:
    """The last digit of a GTIN from those before it: weights of three and one from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def is_gtin(text: str) -> bool:
    """Whether the check digit fits."""
    return bool(re.fullmatch(r"[0-9]{8}|[0-9]{12,14}", text)) and check_digit(text[:-1]) == text[-1]


def _gtin(text: str) -> str:
    if not is_gtin(text):
        raise NotGs1(f"{text or 'Nothing'} is not a product number (GTIN): its check digit does not fit.")
    return text.zfill(14)


def _lot(text: str) -> str:
    lot = text.strip()
    if len(lot) > 20:
        raise NotGs1("The lot is longer than 20 signs: the code was not read as a whole, or runs into the next part.")
    if not (lot.isascii() and lot.isprintable()):
        raise NotGs1("The lot holds signs that no pack carries.")
    return lot


def _expiry(text: str, today: date) -> date:
    if not re.fullmatch(r"[0-9]{6}", text):
        raise NotGs1("The expiry date in the code is not six digits.")
    year, month, day = _year(int(text[:2]), today), int(text[2:4]), int(text[4:])
    try:
        # Day 00 means the whole month.
        return date(year, month, day or monthrange(year, month)[1])
    except (ValueError, IndexError):
        raise NotGs1(f"The expiry date in the code, {text}, is no date.") from None


def _year(two_figures: int, today: date) -> int:
    """From 49 years ago to 50 years ahead."""
    century = today.year - today.year % 100
    difference = two_figures - today.year % 100
    if difference >= 51:
        return century - 100 + two_figures
    if difference <= -50:
        return century + 100 + two_figures
    return century + two_figures


def _elements(plain: str) -> dict[str, str]:
    """The parts of an element string as scanners send it."""
    values: dict[str, str] = {}
    rest = plain.lstrip(SEPARATOR)
    while rest:
        identifier = rest[:2]
        if identifier not in TWO_FIGURES:
            raise NotGs1("This code is not one of a medicine's pack (GS1).")
        length = FIXED.get(identifier)
        value = rest[2 : 2 + length] if length else rest[2:].split(SEPARATOR, 1)[0]
        if length and len(value) < length:
            raise NotGs1("The code ends too early. Scan it again.")
        values.setdefault(identifier, value)
        rest = rest[2 + len(value) :].lstrip(SEPARATOR)
    return values
