"""A network of invented hospitals and people, to look at, to learn on and to measure with.

Owns no table: it writes those of the slices, as the owner, in bulk, and only where no real patient can be.
Promises: the same seed makes the same network; every score in it comes from the rules of `vitals`; seeding twice changes
nothing; production refuses. Budget: the demo network in 15 s.
"""
