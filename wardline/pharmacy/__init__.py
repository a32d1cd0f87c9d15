"""The pharmacy: the queue of what has to be verified, dispensing by lot, labels, what is owed, what comes back.

Owns the schema `pharmacy`; whether an order is verified is kept beside the order, in `orders`. Invariants:
- Only an active order that was verified as it is now is dispensed: the order is held until the dispensing is written.
- A dispensing, the stock that it takes, what is owed and the record of it are one transaction.
- Never another ingredient than the order's; another form or strength only with a reason.
- What comes back is at most what went out, lot by lot.
Budget: a list of the queue takes 2 queries, the page of an order 13, dispensing at most 20 round trips.
"""
