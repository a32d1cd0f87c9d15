"""What the chart and the edges may use of the laboratory."""

from wardline.lab.bulk import ReportRecord, ResultRecord, add_reports, add_results
from wardline.lab.due import due_on_ward
from wardline.lab.models import Result
from wardline.lab.pages import Latest
from wardline.lab.queries import LATEST, results_of, results_since
from wardline.lab.shown import shown, shown_latest
from wardline.lab.timeline import RELEASED, TIMELINE

__all__ = [
    "LATEST",
    "RELEASED",
    "TIMELINE",
    "Latest",
    "ReportRecord",
    "Result",
    "ResultRecord",
    "add_reports",
    "add_results",
    "due_on_ward",
    "results_of",
    "results_since",
    "shown",
    "shown_latest",
]
