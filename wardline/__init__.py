"""Wardline: the system that runs a network of hospitals."""

__version__ = "0.1.0"
