"""Beds: who lies where, who is expected, and what happens to a bed between two patients.

Owns the schema `beds`. Invariants:
- One patient a bed and one bed a patient, held by unique indexes; whoever comes second is told who was first.
- A write locks the beds it needs in the order of their ids, then the stay; a discharge frees the bed with the stay.
- A bed that somebody left is cleaned before the next; a closed bed comes back through cleaning.
Budget: the ward board and the bed board take at most 4 queries each, a move 11, one to another ward 12.
"""
