"""Vitals: observation sets, the NEWS2 score, its chart, and the escalation a score asks for.

Owns the schema `vitals`. Invariants:
- A set is never deleted: it is entered in error, with who, when and why, and the score is worked out again.
- An entry changes the points of the signs it holds and of no other: leaving a sign out never lowers a score.
- A missing sign is never worth 0: the total is then a lower bound ("8+") and says how many of 7 signs it knows.
- NEWS2 is not offered to people under 16 or pregnant; scale 2 of SpO2 only after a named prescriber asked for it.
Budget: saving a set takes at most 6 round trips; the chart page 4 queries.
"""
