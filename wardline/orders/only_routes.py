"""Drugs that have killed by another route than theirs: written so, they are asked about and not signed. Any other route that the
drug table does not know of a drug is said, and no more: the table holds what is commonly made.
"""

from wardline.orders import depots
from wardline.orders.doses import LIKE_ORAL
from wardline.orders.drugs import Understood
from wardline.orders.lines import MedicineLine
from wardline.orders.reading import Reading

_VINCA = "Fatal if given by any other route (boxed warning of its US prescribing information; WHO alert 115 of 2007)."
_ESTER = "A depot, never into a vein (US prescribing information of haloperidol decanoate and fluphenazine decanoate)."
_DEPOT = "It acts for weeks, and is never put into a vein."
_LONG_ACTING = (
    "Into a vein a usual dose may bring severe hypoglycaemia (US prescribing information of Lantus, section 2)."
)
_SUSPENSION = "A suspension, never into a vein or a muscle (US prescribing information of Humulin N, section 2.2)."
_MUSCLE = frozenset({"intramuscular"})
_SKIN = frozenset({"subcutaneous"})
_SUSPENDED = frozenset({"isophane", "biphasic 25", "biphasic 30", "biphasic 50"})
# Each drug's routes, why no other, and who says so.
ONLY_BY: dict[str, tuple[frozenset[str], str]] = {
    "vincristine": (frozenset({"intravenous"}), _VINCA),
    "vinblastine": (frozenset({"intravenous"}), _VINCA),
    "vindesine": (frozenset({"intravenous"}), _VINCA),
    "vinorelbine": (frozenset({"intravenous", "oral"}), _VINCA),
    "benzathine benzylpenicillin": (
        _MUSCLE,
        "Into a vein it has stopped the heart (boxed warning of the US prescribing information of Bicillin L-A).",
    ),
    "procaine benzylpenicillin": (
        _MUSCLE,
        "For deep intramuscular injection only (US prescribing information of Penicillin G Procaine).",
    ),
    "zuclopenthixol acetate": (_MUSCLE, "An oil, never into a vein."),
    "insulin degludec": (_SKIN, _LONG_ACTING),
    "insulin detemir": (_SKIN, _LONG_ACTING),
    "insulin glargine": (_SKIN, _LONG_ACTING),
}


def ask(reading: Reading, line: MedicineLine) -> None:
    """Ask for one of its routes, where the line says another."""
    what, routes, why = _only_by(line)
    if routes and line.route and line.route not in routes:
        words = " or ".join(sorted(routes))
        reading.ask("route", f"{what[0].upper()}{what[1:]} is given {words}. {why}", tuple(sorted(routes)))


def _only_by(line: MedicineLine) -> tuple[str, frozenset[str], str]:
    """What it is called, its routes and why no other; no routes where nothing is held against another."""
    if line.form in _SUSPENDED:
        return f"{line.form} insulin", _SKIN, _SUSPENSION
    if line.name.endswith(depots.ESTERS):
        return line.name, _MUSCLE | _SKIN, _ESTER
    if line.route == "intravenous" and depots.is_depot(line.name, "intramuscular"):
        return f"a depot of {line.name}", _MUSCLE | _SKIN, _DEPOT
    return line.name, *ONLY_BY.get(line.name, (frozenset[str](), ""))


def say_unknown(reading: Reading, name: Understood | None, line: MedicineLine) -> None:
    """`enoxaparin 40 mg po`: say by which routes the table knows it, unless its route is asked about."""
    if name is None or len(name.drugs) != 1:  # a product is not made as each of its parts is
        return
    known = name.drugs[0].routes
    is_asked = any(question.field == "route" for question in reading.questions)
    if line.route and known and not is_asked and ("oral" if line.route in LIKE_ORAL else line.route) not in known:
        reading.assumptions.append(f"the route is {line.route}; the drug table knows only {', '.join(known)}")
