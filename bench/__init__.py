"""Measurements: CPU per request beside the budgets, and invented people in any number."""
