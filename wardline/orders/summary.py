"""The medicines that stand, in short, for the chart's summary."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from wardline.orders import knowledge, lines
from wardline.orders.lines import MedicineLine
from wardline.orders.views import tall_man

# Part of the summary's one statement.
STANDING = """
    SELECT array_agg(ROW(m.id, m.name, m.line::text, m.state, m.state_reason, m.prescribed_at) ORDER BY m.prescribed_at DESC, m.id)
      FROM (SELECT * FROM orders.medicine o
             WHERE o.hospital_id = :patient.hospital_id AND o.person_id = :patient.person_id AND o.state IN ('active', 'held')
             ORDER BY o.prescribed_at DESC, o.id LIMIT 8) m
"""


class StandingMedicine(msgspec.Struct):
    """One order that stands: its dose and how it is given in words, and why it is held."""

    id: UUID
    name: str
    tall_man: str
    dose: str
    parts: list[str]
    state: str
    state_reason: str
    prescribed_at: datetime


def standing_medicine(row: tuple[Any, ...]) -> StandingMedicine:
    """A row of `STANDING` with its words."""
    medicine_id, name, text, state, reason, prescribed_at = row
    line = msgspec.json.decode(text, type=MedicineLine)
    return StandingMedicine(
        id=medicine_id,
        name=name,
        tall_man=tall_man(name, knowledge.current()),
        dose=lines.dose_words(line),
        parts=lines.parts(line),
        state=state,
        state_reason=reason,
        prescribed_at=prescribed_at,
    )
