"""What other slices use of orders: the drug table, the checks, a patient's medicines, and what giving them needs."""

from wardline.orders.actions import medicines_topic, record_measure
from wardline.orders.doses import in_unit
from wardline.orders.drugs import Drug
from wardline.orders.entry import NUMBER, UNIT, UNITS, number
from wardline.orders.forms import Medicine, NewMeasure
from wardline.orders.giving import STANDS, drugs_named, line_from, shown_name
from wardline.orders.knowledge import Knowledge, current
from wardline.orders.lines import Amount, MedicineLine, OrderKind, dose_words, parts, plain

__all__ = [
    "NUMBER",
    "STANDS",
    "UNIT",
    "UNITS",
    "Amount",
    "Drug",
    "Knowledge",
    "Medicine",
    "MedicineLine",
    "NewMeasure",
    "OrderKind",
    "current",
    "dose_words",
    "drugs_named",
    "in_unit",
    "line_from",
    "medicines_topic",
    "number",
    "parts",
    "plain",
    "record_measure",
    "shown_name",
]
