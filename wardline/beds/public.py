"""What other slices use of beds."""

from wardline.beds import managing
from wardline.beds.actions import access_bed, assign
from wardline.beds.models import BedScope
from wardline.beds.move_models import Assignment, Occupancy
from wardline.beds.rules import FEATURE_WORDS

__all__ = ["FEATURE_WORDS", "Assignment", "BedScope", "Occupancy", "access_bed", "assign", "managing"]
