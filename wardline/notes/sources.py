"""SQL of what a note can copy from: observations, and the plan of an earlier note."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime

from msgspec import Struct

from wardline.patients.public import PatientScope
from wardline.platform.db import Db, query


class SetSource(Struct):
    """One set of observations as it is copied."""

    taken_at: datetime
    respiration_per_min: int | None
    spo2_percent: int | None
    on_oxygen: bool | None
    oxygen_l_per_min: float | None
    systolic_mmhg: int | None
    diastolic_mmhg: int | None
    pulse_per_min: int | None
    consciousness: str | None
    temperature_celsius: float | None
    news_score: int | None
    news_signs: int


class PlanSource(Struct):
    """What one author planned in a note."""

    signed_at: datetime
    author: str
    text: str


@query("""
    SELECT o.taken_at, o.respiration_per_min, o.spo2_percent, o.on_oxygen, o.oxygen_l_per_min, o.systolic_mmhg,
           o.diastolic_mmhg, o.pulse_per_min, o.consciousness, o.temperature_celsius, o.news_score, o.news_signs
      FROM vitals.observation_set o
     WHERE o.hospital_id = :patient.hospital_id AND o.person_id = :patient.person_id AND o.state = 'final'
       AND o.taken_at >= :since::timestamptz AND o.taken_at < now() + interval '1 day'
     ORDER BY o.taken_at DESC LIMIT 12
""")
async def sets_since(db: Db, patient: PatientScope, *, since: datetime) -> list[SetSource]:
    """The newest sets, newest first. Index: observation_set_person."""


@query("""
    SELECT n.signed_at, concat_ws(' ', left(s.given, 1) || '.', s.family), r.text
      FROM (SELECT n.hospital_id, n.id, n.signed_at FROM notes.note n
             WHERE n.hospital_id = :patient.hospital_id AND n.person_id = :patient.person_id
               AND n.state IN ('signed', 'cosigned')
               AND EXISTS (SELECT FROM notes.passage p
                             JOIN notes.revision r ON r.hospital_id = p.hospital_id AND r.note_id = p.note_id
                                                  AND r.section = p.section AND r.author_id = p.author_id
                                                  AND r.version = p.version
                            WHERE p.hospital_id = n.hospital_id AND p.note_id = n.id
                              AND p.section IN ('plan', 'recommendation') AND r.text ~ '\\S')
             ORDER BY n.created_at DESC, n.id DESC LIMIT 1) n
      JOIN notes.passage p ON p.hospital_id = n.hospital_id AND p.note_id = n.id AND p.section IN ('plan', 'recommendation')
      JOIN notes.revision r ON r.hospital_id = p.hospital_id AND r.note_id = p.note_id AND r.section = p.section
                           AND r.author_id = p.author_id AND r.version = p.version
      JOIN identity.staff s ON s.id = p.author_id
     WHERE r.text ~ '\\S'
     ORDER BY p.created_at, p.author_id
""")
async def last_plan(db: Db, patient: PatientScope) -> list[PlanSource]:
    """Everybody's plan in the newest signed note that has one. Index: note_person."""
