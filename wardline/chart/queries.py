"""The reads of the summary that no slice below offers as they are needed here."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime

from wardline.chart.models import OpenTask, SetRow
from wardline.patients.public import PatientScope
from wardline.platform.db import Db, query


@query("""
    SELECT o.id, o.taken_at, concat_ws(' ', left(s.given, 1) || '.', s.family) || coalesce(', ' || nullif(s.post_nominal, ''), ''),
           o.news_score, o.news_signs, o.news_band, o.respiration_per_min, o.spo2_percent, o.on_oxygen, o.systolic_mmhg,
           o.diastolic_mmhg, o.pulse_per_min, o.consciousness, o.temperature_celsius
      FROM vitals.observation_set o LEFT JOIN identity.staff s ON s.id = o.recorded_by
     WHERE o.hospital_id = :patient.hospital_id AND o.person_id = :patient.person_id AND o.taken_at >= :since
       AND o.state = 'final'
     ORDER BY o.taken_at DESC LIMIT 60
""")
async def sets_since(db: Db, patient: PatientScope, *, since: datetime) -> list[SetRow]:
    """Sets of observations since a time, newest first. Index: observation_set_person."""


@query("""
    SELECT t.id, t.title, t.reason, t.priority, t.state, t.owner_role, t.owner_words, t.due_at,
           concat_ws(' ', left(s.given, 1) || '.', s.family), t.version
      FROM tasks.task t LEFT JOIN identity.staff s ON s.id = t.acknowledged_by
     WHERE t.hospital_id = :patient.hospital_id AND t.person_id = :patient.person_id AND t.state IN ('open', 'acknowledged')
     ORDER BY t.due_at LIMIT 8
""")
async def open_tasks(db: Db, patient: PatientScope) -> list[OpenTask]:
    """What must be done about the patient, the most pressing first. Index: task_person."""
