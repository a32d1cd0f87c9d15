"""What other slices use of beds."""

from wardline.beds.actions import access_bed, assign
from wardline.beds.models import Assignment, BedScope, Occupancy

__all__ = ["Assignment", "BedScope", "Occupancy", "access_bed", "assign"]
