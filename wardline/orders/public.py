"""What other slices use of orders: the drug table, the checks, a patient's medicines."""

from wardline.orders.actions import medicines_topic, record_measure
from wardline.orders.forms import Medicine, NewMeasure
from wardline.orders.knowledge import Knowledge, current
from wardline.orders.summary import STANDING, StandingMedicine, standing_medicine
from wardline.orders.timeline import TIMELINE
from wardline.orders.views import current_medicines

__all__ = [
    "STANDING",
    "TIMELINE",
    "Knowledge",
    "Medicine",
    "NewMeasure",
    "StandingMedicine",
    "current",
    "current_medicines",
    "medicines_topic",
    "record_measure",
    "standing_medicine",
]
