"""Depots: what is injected once in some weeks. "200 mg im 2/52" is every two weeks, and of what is named here no injection is read
for every day. Other drugs of which a depot is made (goserelin, lanreotide) are not asked for their weeks.
"""

import re

from wardline.orders.drugs import Understood
from wardline.orders.lines import HOURS_PER_DAY, HOURS_PER_WEEK
from wardline.orders.reading import Reading

ESTERS = (" decanoate", " enantate", " enanthate", " undecylenate")
_BY_NEEDLE_ONLY = (" embonate", " undecanoate")  # these are swallowed as well
# Whose injection is a depot, whether its ester is named or not; the acetate of zuclopenthixol is not one of weeks.
_OF_MIND = frozenset({"flupentixol", "paliperidone", "risperidone", "zuclopenthixol"})
# What aripiprazole is injected of once, 9.75 mg, is none: it says "once only". The leuprorelin of every day is not in the drug table.
_OTHERS = frozenset({
    "aripiprazole", "aripiprazole lauroxil", "leuprorelin", "leuprorelin acetate", "medroxyprogesterone", "medroxyprogesterone acetate",
})  # fmt: skip
INTERVALS = ("every 14 days", "every 28 days")  # the second: UK prescribing information of Haldol Decanoate
_WHY = "A depot acts for weeks: say how many, or once only."
_WEEKS = re.compile(r"\d+\s*/52")


def is_depot(name: str, route: str) -> bool:
    """Whether what is injected by this name acts for weeks."""
    return route in {"intramuscular", "subcutaneous"} and (
        name.endswith((*ESTERS, *_BY_NEEDLE_ONLY)) or name in _OF_MIND | _OTHERS
    )


def intervals(name: str) -> tuple[str, ...]:
    """What is offered for how often; other drugs than those of the mind have other weeks."""
    return ("once only",) if name in _OTHERS else INTERVALS


def settle(reading: Reading, name: Understood | None) -> None:
    """`2/52` of a depot says how often, not how long; and every day of it is asked about."""
    fields = reading.fields
    if name is None or not is_depot(name.name, str(fields.get("route", ""))) or fields.get("once"):
        return
    days, hours = fields.get("days"), fields.get("every_hours")
    is_weeks = _WEEKS.fullmatch(reading.days_written) is not None
    if is_weeks and isinstance(days, int) and hours == days * HOURS_PER_DAY:
        fields.pop("days")
        reading.assumptions.append(f"every {days} days, without an end")
    elif isinstance(days, int) and hours is None and fields.get("times_per_day") is None:
        reading.ask("often", f"For {days} days, or every {days} days?", (f"every {days} days",))
    is_often = isinstance(hours, int) and hours < HOURS_PER_WEEK
    if is_often or fields.get("times_per_day") is not None or fields.get("as_needed"):
        reading.ask("often", _WHY)
