"""What is due of a patient's medicines, in short, for the chart's summary."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from wardline.mar import rules
from wardline.orders.public import dose_words, line_from, plain, shown_name

DUE_AHEAD = timedelta(hours=12)

# Part of the summary's one statement. The bounds are parameters, so that only the doses of these hours are read.
DUE = """
    SELECT array_agg(ROW(d.id, d.name, d.line, d.route, d.due_at, d.amount, d.unit, d.critical, d.state) ORDER BY d.due_at, d.id)
      FROM (SELECT d.id, m.name, m.line::text, m.route, d.due_at, d.amount::float8, d.unit, d.critical, d.state
              FROM mar.dose d
              JOIN orders.medicine m ON m.hospital_id = d.hospital_id AND m.id = d.medicine_id AND m.state = 'active'
             WHERE d.hospital_id = :patient.hospital_id AND d.person_id = :patient.person_id AND d.state IN ('due', 'held')
               AND d.due_at >= :since::timestamptz AND d.due_at < :until::timestamptz
               AND (d.state = 'due' OR NOT EXISTS (
                   SELECT 1 FROM mar.dose l
                    WHERE l.hospital_id = d.hospital_id AND l.medicine_id = d.medicine_id AND l.due_at > d.due_at
                      AND l.due_at <= :now::timestamptz AND l.state <> 'withdrawn'))
             ORDER BY d.due_at, d.id LIMIT 6) d
"""

# What was done with medicines since a time, and what has waited since then: likewise a part of that statement.
DONE = """
    SELECT array_agg(ROW(x.at, x.what, x.name, x.amount, x.unit, x.critical) ORDER BY x.at)
      FROM ((SELECT a.happened_at AS at, a.action AS what, m.name, a.amount::float8 AS amount, a.unit, '' AS critical
              FROM mar.administration a
              JOIN orders.medicine m ON m.hospital_id = a.hospital_id AND m.id = a.medicine_id
             WHERE a.hospital_id = :patient.hospital_id AND a.person_id = :patient.person_id
               AND a.happened_at >= :since::timestamptz AND a.state = 'final'
             ORDER BY a.happened_at DESC LIMIT 200)
             UNION ALL
            (SELECT d.due_at, d.state, m.name, d.amount::float8, d.unit, d.critical
              FROM mar.dose d
              JOIN orders.medicine m ON m.hospital_id = d.hospital_id AND m.id = d.medicine_id AND m.state = 'active'
             WHERE d.hospital_id = :patient.hospital_id AND d.person_id = :patient.person_id AND d.state = 'due'
               AND d.due_at >= :since::timestamptz AND d.due_at < :now::timestamptz
             ORDER BY d.due_at DESC LIMIT 100)) x
"""


class DueMedicine(msgspec.Struct):
    """A planned dose that waits: overdue, due now, held back, or the next."""

    id: UUID
    name: str
    tall_man: str
    dose: str
    parts: list[str]
    due_at: datetime
    state: str
    critical: str


class DoneMedicine(msgspec.Struct):
    """A dose on the day's axis: given, self (the patient took it), not_given, held, or overdue."""

    at: datetime
    kind: str
    words: str


def done_medicines(rows: Sequence[tuple[Any, ...]], now: datetime) -> list[DoneMedicine]:
    """Rows of `DONE` with their words, without the doses that are not overdue yet."""
    return [
        DoneMedicine(at, "overdue" if what == "due" else what, _named(name, amount, unit))
        for at, what, name, amount, unit, critical in rows
        if what != "due" or rules.state_of_due(at, now, critical) in {"overdue", "missed"}
    ]


def _named(name: str, amount: float | None, unit: str) -> str:
    return f"{shown_name(name)} {plain(Decimal(str(amount)), commas=True)} {unit}" if amount else shown_name(name)


def due_state(row: tuple[Any, ...], now: datetime) -> str:
    """How a row of `DUE` stands now: held, overdue, due or later."""
    due_at, critical, state = row[4], row[7], row[8]
    return "held" if state == "held" else rules.state_of_due(due_at, now, critical)


def due_medicine(row: tuple[Any, ...], now: datetime) -> DueMedicine:
    """A row of `DUE` with its words, as it stands now."""
    dose_id, name, text, route, due_at, amount, unit, critical, _ = row
    line = line_from(text)
    steps = f"{plain(Decimal(str(amount)), commas=True)} {unit}" if line.steps and amount else ""
    return DueMedicine(
        id=dose_id,
        name=name,
        tall_man=shown_name(name),
        dose=steps or dose_words(line),
        parts=[route],
        due_at=due_at,
        state=due_state(row, now),
        critical=critical,
    )
