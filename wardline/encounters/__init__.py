"""Visits and stays: admission, what changes during a stay, discharge; what is wrong with the patient; and the row that
boards read for each open stay.

Invariants: one open stay for a person at a hospital (constraint); a finished encounter never opens again (trigger);
`current` exists exactly while the encounter is in progress;
a problem's earlier states are rows that nobody can change; what is wrong is entered in error with a reason, not deleted. Budgets: admission and discharge at most 6 round trips.
"""
