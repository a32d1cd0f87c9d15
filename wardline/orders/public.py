"""What other slices use of orders: the drug table, the checks, a patient's medicines, and taking many at once."""

from wardline.orders.actions import medicines_topic, record_measure
from wardline.orders.bulk import MedicineRecord, add_medicines
from wardline.orders.elsewhere import Said, line_of
from wardline.orders.forms import Medicine, NewMeasure
from wardline.orders.knowledge import Knowledge, current
from wardline.orders.lines import text as line_text

__all__ = [
    "Knowledge",
    "Medicine",
    "MedicineRecord",
    "NewMeasure",
    "Said",
    "add_medicines",
    "current",
    "line_of",
    "line_text",
    "medicines_topic",
    "record_measure",
]
