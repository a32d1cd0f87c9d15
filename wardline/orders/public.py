"""What other slices use of orders: the drug table, the checks, a patient's medicines."""

from wardline.orders.actions import medicines_topic, record_measure
from wardline.orders.forms import Medicine, NewMeasure
from wardline.orders.knowledge import Knowledge, current

__all__ = ["Knowledge", "Medicine", "NewMeasure", "current", "medicines_topic", "record_measure"]
