"""What the chart and the edges may use of the laboratory."""

from wardline.lab.bulk import ReportRecord, ResultRecord, add_reports, add_results
from wardline.lab.models import Result
from wardline.lab.pages import Latest
from wardline.lab.queries import LATEST, results_of
from wardline.lab.shown import shown_latest

__all__ = [
    "LATEST",
    "Latest",
    "ReportRecord",
    "Result",
    "ResultRecord",
    "add_reports",
    "add_results",
    "results_of",
    "shown_latest",
]
