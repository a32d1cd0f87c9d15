"""What other slices use of orders: the drug table, the checks, a patient's medicines."""

from wardline.orders.external import Address, configure
from wardline.orders.forms import Medicine, NewMeasure
from wardline.orders.knowledge import Knowledge, current
from wardline.orders.measures import follow_creatinine, medicines_topic, record_measure
from wardline.orders.together import Together
from wardline.orders.together import tests as signed_together

__all__ = [
    "Address",
    "Knowledge",
    "Medicine",
    "NewMeasure",
    "Together",
    "configure",
    "current",
    "follow_creatinine",
    "medicines_topic",
    "record_measure",
    "signed_together",
]
