"""How a line begins before its drug is named: "tab paracetamol", "inj. ceftriaxone", "IV morphine"; and words that make it no
order at all, such as "stop" or "no", behind which no drug is offered.
"""

from wardline.orders.drugs import DrugTable, Understood, normal
from wardline.orders.reading import Reading

# How the form is written in front, and the word that is read in its place.
_FORMS = {
    "tab": "tab", "tabs": "tab", "tablet": "tab", "tablets": "tab", "t": "tab", "cap": "cap", "caps": "cap", "capsule": "cap", "capsules": "cap",
    "c": "cap", "inj": "injection", "injection": "injection", "infusion": "infusion", "syp": "syrup", "syr": "syrup", "syrup": "syrup", "susp": "suspension",
    "suspension": "suspension", "oint": "ointment", "ointment": "ointment", "cream": "cream", "supp": "suppository", "suppository": "suppository",
}  # fmt: skip
_NO_ORDER = frozenset(
    [
        "no",
        "not",
        "never",
        "stop",
        "stopped",
        "stopping",
        "cease",
        "discontinue",
        "discontinued",
        "dc",
        "d/c",
        "cancel",
        "cancelled",
        "hold",
        "held",
        "withhold",
        "withheld",
        "omit",
        "avoid",
        "allergic",
        "allergy",
        "allergies",
        "intolerant",
        "contraindicated",
        "without",
        "don't",
        "do",
        "increase",
        "increased",
        "decrease",
        "decreased",
        "reduce",
        "reduced",
        "change",
        "changed",
        "switch",
        "switched",
        "swap",
    ]
)
# They say no more than the line itself.
_SAYS_NOTHING = frozenset({"give", "start", "commence", "prescribe", "take", "rx"})
# What such a word comes to anywhere in the line, where it is not understood as something else.
_UNDOES = frozenset(
    [
        "not",
        "never",
        "stopped",
        "withheld",
        "withhold",
        "held",
        "discontinue",
        "discontinued",
        "allergic",
        "allergy",
        "cancelled",
        "omit",
    ]
)
WHAT_A_LINE_IS = (
    "A line is a medicine to be given. To stop, hold or change one, open its order; an allergy is recorded as one."
)


def in_front(words: list[str], table: DrugTable, routes: dict[str, str]) -> tuple[list[str], list[str]]:
    """The words of form and route in front of the name, and what is left. A name that begins so stays whole."""
    found: list[str] = []
    while len(words) > 1 and not any(table.exact(" ".join(words[:length])) for length in range(1, len(words))):
        first = words[0]
        short = first.removesuffix(".")
        is_form = short in _FORMS and (len(short) > 1 or first.endswith("."))
        is_route = all(each in routes for each in short.split("/"))
        if not is_form and not is_route and short != "stat" and first not in _SAYS_NOTHING:
            break
        if first not in _SAYS_NOTHING:
            found.append(_FORMS[short] if is_form else short)
        words = words[1:]
    return found, words


def is_no_order(words: list[str]) -> bool:
    """Whether the line says what is not to be given, or what is to become of an order."""
    return bool(words) and words[0].strip(",.:;") in _NO_ORDER


def ask_about_undoing(reading: Reading) -> None:
    """`not given`, `withheld` behind a medicine."""
    if _UNDOES & {word.strip(",.:;()") for word in reading.rest.split()}:
        reading.ask("rest", WHAT_A_LINE_IS)


def exact(written: str, table: DrugTable) -> Understood | None:
    """What exactly this name stands for; parts of a product may stand on either side of a stroke."""
    parts = written.split("/")
    return table.exact(written) or (
        table.exact("-".join(parts)) or table.exact("-".join(reversed(parts))) if len(parts) > 1 else None
    )


def is_vague(written: str, after: list[str], reading: Reading, table: DrugTable) -> bool:
    """Ask which drug a name means that is too short to be ordered; a salt behind it says which."""
    names = table.vague.get(normal(written), ())
    if not names or (after and normal(after[0]) in table.salts):
        return False
    reading.ask("name", f'"{written}" may be several drugs. Which one?', names)
    return True
