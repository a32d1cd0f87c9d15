"""Pure decisions about a person's names, numbers and birth date. No I/O; today's date is passed in."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from uuid import UUID

NETWORK_NUMBER_DIGITS = 10
UNKNOWN_FAMILY = "Unknown"
AGE_YEARS_MAX = 130
JOINERS = "\u200c\u200d"
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})  # controls, direction marks, unassigned

# Letters that Unicode does not take apart into a base letter and an accent. The SQL twin of all this is
# patients.plain(); both are compared in a test.
SPECIAL_LETTERS = str.maketrans(
    {
        **dict.fromkeys("ß\u1e9e", "ss"),
        **dict.fromkeys("æÆ", "ae"),
        **dict.fromkeys("œŒ", "oe"),
        **dict.fromkeys("þÞ", "th"),
        **dict(zip("øØđĐðÐłŁħĦı", "ooddddllhhi", strict=True)),
    }
)
APOSTROPHES = str.maketrans("", "", "'’‘ʼ`´")
ACCENTS = re.compile(r"[\u0300-\u036f]+")
SEPARATORS = re.compile(r"[\u0001-/:-@\[-`{-\u00bf\u00d7\u00f7\u2000-\u206f\u3000-\u303f]+")
WORD_BREAKS = re.compile(r"([\s\-]+)")
# Small words that belong to the family name behind them: "van der Berg" is found under "vanderberg" as well.
PARTICLE_WORDS = (
    "al|ap|bin|da|das|de|del|della|den|der|di|do|dos|du|el|fitz|ibn|la|le|les|mac|mc|o|san|st|ten|ter|van|vander|vom"
    "|von|zu"
)
PARTICLES = frozenset(PARTICLE_WORDS.split("|"))


@lru_cache(maxsize=65536)
def plain(text: str) -> str:
    """Lower case without accents and apostrophes; what separates words is one space."""
    bare = ACCENTS.sub("", unicodedata.normalize("NFKD", text.translate(APOSTROPHES)))
    bare = bare.translate(APOSTROPHES).translate(SPECIAL_LETTERS)
    return SEPARATORS.sub(" ", bare.lower().replace("ς", "σ")).strip()


def joined_particles(words: str) -> str:
    """Plain words with each particle joined to the word behind it: "van der berg" becomes "vanderberg"."""
    if " " not in words:
        return words
    joined: list[str] = []
    open_particle = False
    for word in words.split():
        if open_particle:
            joined[-1] += word
        else:
            joined.append(word)
        open_particle = word in PARTICLES
    return " ".join(joined)


def search_key(family: str, given: str) -> str:
    """What a typed beginning is compared with: "family given", plain, particles joined inside the family name."""
    return f"{joined_particles(plain(family))} {plain(given)}".strip()


def tokens(text: str) -> tuple[str, ...]:
    """The plain words of a name."""
    return tuple(plain(text).split())


# --- How a name sounds ---------------------------------------------------------------------------------------------

SOUND_STEPS = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"^(?:kn|gn|pn)", "n"),
        (r"^wr", "r"),
        (r"^ps", "s"),
        (r"^x", "s"),
        (r"^ma?c(?=[^aeiouyhk])", "mk"),
        (r"chr", "kr"),
        (r"sch", "s"),
        (r"t?ch", "x"),
        (r"sh", "x"),
        (r"ph", "f"),
        (r"gh(?=[tns]|$)", ""),
        (r"dg(?=[eiy])", "j"),
        (r"g(?=[eiy])", "j"),
        (r"c(?=[eiy])", "s"),
        (r"c?k|c|q", "k"),
        (r"z", "s"),
        (r"v", "f"),
        (r"dt$", "t"),
        (r"th", "t"),
        (r"^[aeiouy]+", "a"),
        (r"(?<=.)[aeiouywh]+", ""),
        (r"(.)\1+", r"\1"),
    )
)


@lru_cache(maxsize=65536)
def sound_of(word: str) -> str:
    """A short code that is equal for names that sound alike in English: Catriona and Katrina, Stephen and Steven."""
    code = plain(word).replace(" ", "")
    for pattern, replacement in SOUND_STEPS:
        code = pattern.sub(replacement, code)
    return code


@lru_cache(maxsize=65536)
def similarity(first: str, second: str) -> float:
    """Jaro-Winkler similarity of two plain words, 0 to 1 (Winkler 1990)."""
    if first == second:
        return 1.0
    window = max(len(first), len(second)) // 2 - 1
    taken = [False] * len(second)
    common: list[str] = []
    for index, letter in enumerate(first):
        for other in range(max(0, index - window), min(len(second), index + window + 1)):
            if not taken[other] and second[other] == letter:
                taken[other] = True
                common.append(letter)
                break
    if not common:
        return 0.0
    other_common = [letter for letter, used in zip(second, taken, strict=True) if used]
    moved = sum(mine != theirs for mine, theirs in zip(common, other_common, strict=True)) / 2
    count = len(common)
    jaro = (count / len(first) + count / len(second) + (count - moved) / count) / 3
    same_start = 0
    for mine, theirs in zip(first[:4], second[:4], strict=False):
        if mine != theirs:
            break
        same_start += 1
    return jaro + same_start * 0.1 * (1 - jaro)


# --- Numbers -------------------------------------------------------------------------------------------------------


def check_digit(body: str) -> str | None:
    """The tenth digit of a network number: modulus 11 with weights 10 to 2. None when the body has no valid digit."""
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(body, range(10, 1, -1), strict=True)) % 11
    return None if rest == 10 else str(rest % 11)


def network_number(serial: int) -> str | None:
    """The number of a serial below 900 million, spread so that neighbours look different; None skips the serial.

    The SQL twin is patients.network_number(); multiplication by a number coprime to 900 million visits each body once.
    """
    body = str(100_000_000 + serial * 387_420_491 % 900_000_000)
    digit = check_digit(body)
    return None if digit is None else body + digit


def is_wristband_of(scan: str, *, person_id: UUID, numbers: Iterable[str]) -> bool:
    """Whether a wristband is this person's: one of their numbers, however it is spaced, or their id in a code."""
    wanted = {_bare(each) for each in numbers} - {""}
    return _bare(scan) in wanted or person_id in ids_in(scan)


def ids_in(text: str) -> frozenset[UUID]:
    """The ids that stand in a code, whatever is around them."""
    return frozenset(map(UUID, _UUID.findall(text)))


def _bare(number: str) -> str:
    return re.sub(r"[\s-]", "", number).upper()


def is_network_number(text: str) -> bool:
    """Whether ten digits end in their own check digit, spaces allowed."""
    digits = "".join(text.split())
    ascii_digits = digits.isascii() and digits.isdigit()
    return ascii_digits and len(digits) == NETWORK_NUMBER_DIGITS and check_digit(digits[:9]) == digits[9]


def phone_digits(phone: str) -> str:
    """The digits of a phone number as far as they tell it apart: without leading zeros, at most the last nine."""
    digits = "".join(letter for letter in phone if letter in "0123456789")
    return digits.lstrip("0")[-9:]


# --- Birth dates, age, death ---------------------------------------------------------------------------------------


def age_years(born: date, on: date) -> int:
    """Whole years between birth and a day; the day of death stands for today when somebody has died."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def birth_date_fault(born: date, today: date) -> str:
    """Why a birth date cannot be right, in plain words; empty when it can."""
    if born > today:
        return "The date of birth is in the future."
    if age_years(born, today) > AGE_YEARS_MAX:
        return f"The date of birth is more than {AGE_YEARS_MAX} years ago."
    return ""


def estimated_birth_date(age: int, today: date) -> date:
    """The middle of the year in which somebody of about that age was born."""
    born = date(today.year - age, 7, 1)
    return born if born <= today else born - timedelta(days=365)


def date_of_parts(year: int | None, month: int | None, day: int | None) -> date | None:
    """A date from three fields of a form; None when they are none."""
    if year is None or month is None or day is None:
        return None
    try:
        return date(year, month, day)
    except (ValueError, OverflowError):
        return None


def name_faults(family: str, given: str) -> dict[str, str]:
    """What is wrong with a name, by field; empty when nothing is."""
    faults: dict[str, str] = {}
    if not plain(family):
        faults["family"] = "Enter the family name."
    elif holds_unseen(family):
        faults["family"] = "The family name holds a character that cannot be seen."
    if holds_unseen(given):
        faults["given"] = "The given names hold a character that cannot be seen."
    return faults


def holds_unseen(name: str) -> bool:
    """Whether it holds what changes a name without being seen; the joiners of some scripts are letters' parts."""
    return any(unicodedata.category(letter) in UNSEEN and letter not in JOINERS for letter in name)


def says_less(typed: str, recorded: str) -> bool:
    """Whether a text adds nothing to what is recorded: empty, the same, or only some of its words in their order."""
    words, known = plain(typed).split(), plain(recorded).split()
    return known[: len(words)] == words


def shown_postcode(postcode: str) -> str:
    """A postcode in capitals with single spaces."""
    return " ".join(postcode.upper().split())


# --- Names as they are shown ---------------------------------------------------------------------------------------


def unknown_given_name(sex: str, age: int | None) -> str:
    """The given name of somebody who cannot say who they are: "Male, about 40" behind the family name Unknown."""
    word = {"female": "Female", "male": "Male"}.get(sex, "Person")
    return word if age is None else f"{word}, about {age}"


def capitals(family: str) -> str:
    """A family name in capitals, except for a typed Mc."""
    return "Mc" + family[2:].upper() if family.startswith("Mc") and family[2:3].isupper() else family.upper()


def look_alikes(names: list[tuple[str, str]]) -> list[int]:
    """For each (family, given) of a list, how many others there have a name that sounds alike."""
    keys = [(sound_of(family), sound_of((given.split() or [""])[0])) for family, given in names]
    counts: dict[tuple[str, str], int] = {}
    for key in keys:
        counts[key] = counts.get(key, 0) + 1
    return [counts[key] - 1 for key in keys]


def matched_part(shown: str, typed: tuple[str, ...]) -> tuple[str, str, str]:
    """A shown name cut into before, matched and after, for the first word that begins with something typed."""
    if shown.isascii() and shown.isalpha():  # one word, as most names are
        lowered, length = shown.lower(), 0
        for piece in typed:
            if lowered.startswith(piece) and len(piece) > length:
                length = len(piece)
        return ("", shown[:length], shown[length:]) if length else (shown, "", "")
    if shown.isascii() and shown.replace(" ", "").isalpha() and not _holds_any(shown.lower(), typed):
        return shown, "", ""  # most given names of two words
    position = 0
    for word in WORD_BREAKS.split(shown) if typed else ():
        length = max([_covered(word, piece) for piece in typed])
        if length:
            return (
                shown[:position],
                shown[position : position + length],
                shown[position + length :],
            )
        position += len(word)
    return shown, "", ""


def _holds_any(text: str, pieces: tuple[str, ...]) -> bool:
    for piece in pieces:  # noqa: SIM110 - any() takes three times as long, and this is asked for every row
        if piece in text:
            return True
    return False


def _covered(word: str, piece: str) -> int:
    """How many letters of the shown word the typed piece covers; usually as many as it has."""
    if not piece:
        return 0
    if word.isascii() and word.isalpha():
        return len(piece) if word.lower().startswith(piece) else 0
    if not plain(word).replace(" ", "").startswith(piece):
        return 0
    for end in range(1, len(word) + 1):
        if len(plain(word[:end]).replace(" ", "")) >= len(piece):
            return end
    return len(word)
