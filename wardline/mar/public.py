"""What the chart and the ward's view may use of medicines given."""

from wardline.mar.due import due_on_ward
from wardline.mar.panel import (
    DONE,
    DUE,
    DUE_AHEAD,
    DoneMedicine,
    DueMedicine,
    done_medicines,
    due_medicine,
    due_state,
)
from wardline.mar.timeline import TIMELINE

__all__ = [
    "DONE",
    "DUE",
    "DUE_AHEAD",
    "TIMELINE",
    "DoneMedicine",
    "DueMedicine",
    "done_medicines",
    "due_medicine",
    "due_on_ward",
    "due_state",
]
