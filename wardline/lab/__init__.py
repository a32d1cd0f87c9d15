"""The laboratory: orders, specimens on their way, results and their release, and the loop of a critical value.

Owns the schema `lab`. Invariants:
- A result goes forward only; what was released is amended or withdrawn with a reason, and every step stays in its history.
- Each step of release happens once for each revision, by constraint; whoever comes second is told.
- A critical value stays on the laboratory's list until somebody was told and read it back, and its task until a clinician
  has acknowledged it; it climbs at 15 and 30 minutes by a job, and a discharge does not end it.
- A result of another laboratory is history: on no bench, in no loop, in no figure, and never amended here.
- A result is judged by the interval of its time; what has no interval carries no flag and never reads as normal.
Budget: a bench's list takes 2 queries, a patient's results 4, entering a value 10 round trips.
"""
