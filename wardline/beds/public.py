"""What other slices use of beds."""

from wardline.beds.actions import access_bed, assign
from wardline.beds.models import BedScope
from wardline.beds.move_models import Assignment, Occupancy

__all__ = ["Assignment", "BedScope", "Occupancy", "access_bed", "assign"]
