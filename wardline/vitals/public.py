"""What other slices use of vitals: where a patient stands now, in the same words everywhere."""

from wardline.vitals.bulk import ObservationSetRecord, add_observation_sets
from wardline.vitals.current import Standing, latest_of_stay, offered_to, standing
from wardline.vitals.due import due_on_ward
from wardline.vitals.models import Band, Sign, Signs
from wardline.vitals.rules import INCOMPLETE, NO_RISE, RESPONSES, Eligibility, Latest, Score, response_to
from wardline.vitals.timeline import TIMELINE
from wardline.vitals.trends import Axis, Trend, drawing

__all__ = [
    "INCOMPLETE",
    "NO_RISE",
    "RESPONSES",
    "TIMELINE",
    "Axis",
    "Band",
    "Eligibility",
    "Latest",
    "ObservationSetRecord",
    "Score",
    "Sign",
    "Signs",
    "Standing",
    "Trend",
    "add_observation_sets",
    "drawing",
    "due_on_ward",
    "latest_of_stay",
    "offered_to",
    "response_to",
    "standing",
]
