"""Wardline: the system that runs a network of hospitals."""
