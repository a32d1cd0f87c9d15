"""What the chart and the ward's view may use of medicines given."""

from wardline.mar.due import due_on_ward
from wardline.mar.panel import DUE, DUE_AHEAD, DueMedicine, due_medicine, due_state
from wardline.mar.timeline import TIMELINE

__all__ = ["DUE", "DUE_AHEAD", "TIMELINE", "DueMedicine", "due_medicine", "due_on_ward", "due_state"]
