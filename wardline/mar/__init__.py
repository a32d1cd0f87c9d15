"""Medicines given: the doses that orders make due, what was done about each, and what waits on a ward.

Owns the schema `mar`. Invariants:
- One due dose for an order and a planned time; one administration of a dose that stands. Both are constraints.
- A dose is given against the order as it stands: while it is recorded the order cannot be stopped or changed, and nothing is
  given after a stop.
- What a scan shows to be another patient, another medicine or another strength is refused and kept in the record.
- Times are true: not in the future, not before the order; when it was recorded stands beside when it happened.
- Nothing recorded is lost: an amendment keeps what was said before, an error stays, struck through.
- A dose that was held back waits; the interval of a medicine goes on over a stop and a new order.
- What waits of a stay stands on its ward's board: triggers keep it (`mar.note_waiting`), whoever changes a dose touches the ward.
- Doses are planned by the round times that counted when their line was; a later setting changes none of them.
Budget: the grid reads at most 8 times; giving a planned dose takes 2 round trips where nothing is out of the ordinary (3 where
it is every so many hours), and at most 10 otherwise.
"""
