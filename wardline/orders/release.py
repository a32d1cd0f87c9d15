"""Drugs by mouth of which the plain and the modified-release form are not to be exchanged: an order says which it means."""

from wardline.orders.doses import LIKE_ORAL
from wardline.orders.drugs import DrugTable, Understood
from wardline.orders.lines import MedicineLine
from wardline.orders.reading import Reading

CHOICES = ("immediate release", "modified release")
BY_MOUTH = frozenset({"oral", *LIKE_ORAL})
LIQUID = frozenset({"ml", "litres", "drops"})


def ask(reading: Reading, name: Understood | None, line: MedicineLine, table: DrugTable) -> None:
    """Ask which form is meant, with the source of why it matters. A brand that is one form has said it; a liquid is plain."""
    rule = table.release(name.drugs[0].name) if name and len(name.drugs) == 1 else None
    if rule is None or line.form or line.route not in BY_MOUTH or _is_liquid(line):
        return
    reading.ask("form", f"Immediate or modified release? {rule.why} ({rule.source})", CHOICES)


def _is_liquid(line: MedicineLine) -> bool:
    amounts = [step.amount for step in line.steps] or [line.amount]
    return all(each is not None and each.unit in LIQUID for each in amounts) or line.strength.endswith("ml")
