"""What the chart and the ward's view may use of medicines given."""

from wardline.mar.due import due_on_ward
from wardline.mar.timeline import TIMELINE

__all__ = ["TIMELINE", "due_on_ward"]
