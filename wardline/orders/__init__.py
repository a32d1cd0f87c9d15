"""Orders: medicines that are prescribed, the drug table behind them, and the checks that stand before a signature.

Owns the schema `orders`. Invariants:
- A check that could not run never reads as safe: it says "not checked" and what is missing, and asks for a confirmation.
- Tier 1 stops a signature until a reason is given; tier 2 stands beside the order; tier 3 is a mark and never interrupts.
- An order is never deleted: it is held, changed, stopped or entered in error, and each of that is one line of its history.
- Every rule, limit and list carries its source, and is shown with it. What was not verified is not shipped.
Budget: the preview of a basket reads at most 6 times and stores nothing; signing a basket takes at most 7 round trips,
however many orders it holds.
"""
