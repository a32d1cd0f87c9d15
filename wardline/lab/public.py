"""What the edges may use of the laboratory."""

from wardline.lab.models import Result
from wardline.lab.queries import results_of

__all__ = ["Result", "results_of"]
