"""Drugs that have killed by another route than theirs: written so, they are asked about and not signed."""

from wardline.orders.lines import MedicineLine
from wardline.orders.reading import Reading

_VINCA = "Fatal if given by any other route (boxed warning of its US prescribing information; WHO alert 115 of 2007)."
_DEPOT = "A depot, never into a vein (US prescribing information of haloperidol decanoate and fluphenazine decanoate)."
_MUSCLE = frozenset({"intramuscular"})
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
}
_DEPOT_ESTERS = ("decanoate", "enantate", "enanthate", "undecylenate")


def ask(reading: Reading, line: MedicineLine) -> None:
    """Ask for one of its routes, where the line says another."""
    routes, why = ONLY_BY.get(line.name, (frozenset[str](), ""))
    if line.name.endswith(_DEPOT_ESTERS):
        routes, why = frozenset({"intramuscular", "subcutaneous"}), _DEPOT
    if routes and line.route and line.route not in routes:
        words = " or ".join(sorted(routes))
        reading.ask("route", f"{line.name[:1].upper()}{line.name[1:]} is given {words}. {why}", tuple(sorted(routes)))
