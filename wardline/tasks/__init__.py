"""Tasks: things somebody must act on, each with an owner, a clock and an acknowledgement.

Owns the schema `tasks`. Invariants:
- An escalation that nobody acknowledges in time climbs its ladder by a job; no open browser is needed.
- The first acknowledgement counts; whoever comes second is told who was first.
Budget: the worklist takes 1 query, an acknowledgement 2.
"""
