"""What other slices use of orders: the drug table, the checks, a patient's medicines."""

from wardline.orders.forms import Medicine, NewMeasure
from wardline.orders.knowledge import Knowledge, current
from wardline.orders.measures import follow_creatinine, medicines_topic, record_measure

__all__ = [
    "Knowledge",
    "Medicine",
    "NewMeasure",
    "current",
    "follow_creatinine",
    "medicines_topic",
    "record_measure",
]
