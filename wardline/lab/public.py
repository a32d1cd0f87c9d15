"""What the chart and the edges may use of the laboratory."""

from wardline.lab.models import Result
from wardline.lab.pages import Latest
from wardline.lab.queries import LATEST, results_of
from wardline.lab.shown import shown_latest

__all__ = ["LATEST", "Latest", "Result", "results_of", "shown_latest"]
