"""How the hospitals are doing, in numbers without names: facts of each day, counted by the worker, shown as tiles.

Owns analytics.day_fact: numerators, denominators and widths, never a patient. Invariants: a hospital's facts are counted
and read in that hospital's scope; a number is shown only where facts are stored. Budget: 4 queries for the page.
"""
