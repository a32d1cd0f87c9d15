"""Depots: what is injected into a muscle once in some weeks. "200 mg im 2/52" is every two weeks, and no day's dose is a depot's."""

from wardline.orders.drugs import Understood
from wardline.orders.lines import HOURS_PER_DAY, HOURS_PER_WEEK
from wardline.orders.reading import Reading

ESTERS = (" decanoate", " enantate", " enanthate", " undecylenate")
_BY_NEEDLE_ONLY = (" embonate", " undecanoate")  # these are swallowed as well
# Whose injection is a depot, whether its ester is named or not; the acetate of zuclopenthixol is not one of weeks.
_ALWAYS = frozenset({"flupentixol", "paliperidone", "risperidone", "zuclopenthixol"})
INTERVALS = ("every 14 days", "every 28 days")
_WHY = "A depot acts for weeks (UK prescribing information of Haldol Decanoate: every 4 weeks): say how many, or once only."


def is_depot(name: str, route: str) -> bool:
    """Whether what is injected by this name acts for weeks."""
    return route in {"intramuscular", "subcutaneous"} and (
        name.endswith((*ESTERS, *_BY_NEEDLE_ONLY)) or name in _ALWAYS
    )


def settle(reading: Reading, name: Understood | None) -> None:
    """`2/52` of a depot says how often, not how long; and every day of it is asked about."""
    fields = reading.fields
    if name is None or not is_depot(name.name, str(fields.get("route", ""))) or fields.get("once"):
        return
    days, hours = fields.get("days"), fields.get("every_hours")
    if isinstance(days, int) and isinstance(hours, int) and hours == days * HOURS_PER_DAY:
        fields.pop("days")
        reading.assumptions.append(f"every {days} days, without an end")
    elif isinstance(days, int) and hours is None and fields.get("times_per_day") is None:
        reading.ask("often", f"For {days} days, or every {days} days?", (f"every {days} days",))
    is_often = isinstance(hours, int) and hours < HOURS_PER_WEEK
    if is_often or fields.get("times_per_day") is not None or fields.get("as_needed"):
        reading.ask("often", _WHY)
