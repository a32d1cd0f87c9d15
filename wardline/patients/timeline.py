"""How every slice tells the chart what happened to a patient.

A slice publishes `TIMELINE`: a SELECT with the columns of `Event` but for the last two, over its own tables, of the patient
`:patient` at their hospital. The chart puts them together in one statement, newest first, page by page.
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct


class Event(Struct):
    """One thing that happened. `what` is its kind, `step` tells apart what happened to one subject at one time."""

    at: datetime
    what: str
    subject_id: UUID
    step: str
    title: str
    detail: str
    by: str
    href: str = ""
    what_words: str = ""


TIMELINE = """
    SELECT a.created_at AS at, 'allergy' AS what, a.id AS subject_id, a.state AS step, a.substance AS title,
           concat_ws(', ', nullif(a.reaction, ''), nullif(a.state, 'active')) AS detail, a.created_by AS by
      FROM patients.allergy a JOIN patients.registration r ON r.hospital_id = :patient.hospital_id AND r.person_id = a.person_id
     WHERE a.person_id = :patient.person_id
"""
