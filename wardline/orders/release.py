"""Drugs by mouth of which the plain and the modified-release form are not to be exchanged: an order says which it means."""

from wardline.orders.doses import LIKE_ORAL
from wardline.orders.drugs import DrugTable, Release, Understood
from wardline.orders.lines import MedicineLine
from wardline.orders.phrases import SOLID_WORDS
from wardline.orders.reading import Reading

CHOICES = ("immediate release", "modified release")
BY_MOUTH = frozenset({"oral", *LIKE_ORAL})
LIQUID = frozenset({"ml", "litres", "drops"})
# A suspension may be of modified-release granules.
LIQUID_WORDS = frozenset({"solution", "liquid", "syrup", "elixir"})


def of_liquid(reading: Reading, name: Understood | None, table: DrugTable) -> None:
    """`10 mg oral solution`: plain, and kept so, because the order shows the dose alone."""
    words = set(reading.rest.split())
    is_liquid = bool(words & LIQUID_WORDS) and not words & SOLID_WORDS
    if is_liquid and reading.fields.get("route") in BY_MOUTH and "form" not in reading.fields and _rule(name, table):
        reading.set(form=CHOICES[0])
        reading.assumptions.append(f"a liquid is {CHOICES[0]}")


def ask(reading: Reading, name: Understood | None, line: MedicineLine, table: DrugTable) -> None:
    """Ask which form is meant, with the source of why it matters. A brand that is one form has said it; a liquid is plain."""
    rule = _rule(name, table)
    if rule is None or line.form or line.route not in BY_MOUTH or _is_liquid(line):
        return
    reading.ask("form", f"Immediate or modified release? {rule.why} ({rule.source})", CHOICES)


def _rule(name: Understood | None, table: DrugTable) -> Release | None:
    return table.release(name.drugs[0].name) if name and len(name.drugs) == 1 else None


def _is_liquid(line: MedicineLine) -> bool:
    amounts = [step.amount for step in line.steps] or [line.amount]
    return all(each is not None and each.unit in LIQUID for each in amounts) or line.strength.endswith("ml")
