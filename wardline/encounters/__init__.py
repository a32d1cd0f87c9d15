"""Visits and stays: admission, what changes during a stay, discharge; what is wrong with the patient; and the row that
boards read for each open stay.

Invariants: one open stay for a person at a hospital (constraint); a finished encounter never opens again (trigger);
`current` exists exactly while the encounter is in progress. Budgets: admission and discharge at most 6 round trips.
"""
