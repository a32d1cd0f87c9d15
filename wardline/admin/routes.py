"""The routes of administration, one module for each subject."""

from wardline.admin import audit_routes, place_routes, service_routes, staff_routes

__all__ = ["audit_routes", "place_routes", "service_routes", "staff_routes"]
