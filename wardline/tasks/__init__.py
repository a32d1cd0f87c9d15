"""Tasks: things somebody must act on, each with an owner, a clock and an acknowledgement.

Owns the schema `tasks`. Invariants:
- An escalation that nobody acknowledges in time climbs its ladder by a job; no open browser is needed.
- The first acknowledgement counts; whoever comes second is told who was first.
- A kind with a time of its own stays with its owner and climbs nowhere; a kind that is done elsewhere cannot be ticked off.
- What a number stands in is taken on as it was read: by its version or its words.
Budget: the worklist takes 1 query, an acknowledgement 2.
"""
