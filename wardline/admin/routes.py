"""The routes of administration, one module for each subject."""

from wardline.admin import audit_routes

__all__ = ["audit_routes"]
