"""The read of the summary: everything in one round trip, because a round trip costs as much as most of these rows."""

# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime
from typing import Any
from uuid import UUID

from wardline.chart.models import OpenedSummary, SummaryRow
from wardline.encounters.public import OBSERVED_ROW
from wardline.lab.public import LATEST, RELEASED
from wardline.mar.public import DONE, DUE
from wardline.orders.public import STANDING
from wardline.patients.public import BANNER, OF_PATIENT, OPENING, PatientScope
from wardline.platform.db import Db, query

# A list of rows stands in one column, as an array of records; an array within a record is not readable there, so the
# needs of a visit are one text.
_VISITS = """
    SELECT array_agg(ROW(v.id, v.person_id, v.class, v.state, v.reason, v.specialty, v.admitted_from, v.doctor_id,
                         CASE WHEN s.id IS NOT NULL THEN concat_ws(' ', nullif(s.title, ''), left(s.given, 1) || '.', s.family) END,
                         v.started_at, v.ended_at, v.discharged_to, c.ward_id, c.bed_id, c.bed_label, c.isolation,
                         c.expected_discharge_on, c.ready_to_leave, array_to_string(c.needs, ' '), c.pregnant, v.version)
                     ORDER BY coalesce(v.started_at, v.created_at) DESC)
      FROM (SELECT * FROM encounters.encounter e
             WHERE e.hospital_id = :patient.hospital_id AND e.person_id = :patient.person_id
             ORDER BY coalesce(e.started_at, e.created_at) DESC LIMIT 6) v
      LEFT JOIN encounters.current c ON c.hospital_id = v.hospital_id AND c.encounter_id = v.id
      LEFT JOIN identity.staff s ON s.id = v.doctor_id
"""
_PROBLEMS = """
    SELECT array_agg(ROW(b.id, b.display, b.code_system, b.code, b.onset_on, b.abated_on, b.state, b.verification,
                         b.encounter_id, b.version)
                     ORDER BY b.state = 'active' DESC, b.onset_on DESC NULLS LAST, b.id)
      FROM (SELECT * FROM encounters.problem b
             WHERE b.hospital_id = :patient.hospital_id AND b.person_id = :patient.person_id
             ORDER BY b.state = 'active' DESC, b.onset_on DESC NULLS LAST, b.id LIMIT 10) b
"""
_TASKS = """
    SELECT array_agg(ROW(t.id, t.title, t.reason, t.priority, t.state, t.owner_role, t.owner_words, t.due_at,
                         nullif(concat_ws(' ', left(s.given, 1) || '.', s.family), ''), t.version) ORDER BY t.due_at)
      FROM (SELECT * FROM tasks.task t
             WHERE t.hospital_id = :patient.hospital_id AND t.person_id = :patient.person_id
               AND t.state IN ('open', 'acknowledged') ORDER BY t.due_at LIMIT 8) t
      LEFT JOIN identity.staff s ON s.id = t.acknowledged_by
"""
_NOTES = """
    SELECT array_agg(ROW(n.id, n.kind, n.state, coalesce(n.signed_at, n.created_at),
                         concat_ws(' ', left(s.given, 1) || '.', s.family),
                         CASE WHEN n.state IN ('signed', 'cosigned') THEN coalesce(w.text, '') ELSE '' END) ORDER BY n.created_at DESC)
      FROM (SELECT * FROM notes.note n
             WHERE n.hospital_id = :patient.hospital_id AND n.person_id = :patient.person_id
             ORDER BY n.created_at DESC, n.id DESC LIMIT 4) n
      JOIN identity.staff s ON s.id = coalesce(n.signed_by, n.created_by)
      LEFT JOIN LATERAL (SELECT string_agg(left(r.text, 600), E'\\n' ORDER BY p.created_at) AS text FROM notes.passage p
                           JOIN notes.revision r ON r.hospital_id = p.hospital_id AND r.note_id = p.note_id AND r.section = p.section
                                                AND r.author_id = p.author_id AND r.version = p.version
                          WHERE p.hospital_id = n.hospital_id AND p.note_id = n.id) w ON true
"""
# The bounds are known before the statement begins, so that the months before and the empty ones ahead are left out.
_SETS = """
    SELECT array_agg(ROW(o.id, o.taken_at,
                         concat_ws(' ', left(s.given, 1) || '.', s.family) || coalesce(', ' || nullif(s.post_nominal, ''), ''),
                         o.news_score, o.news_signs, o.news_band, o.respiration_per_min, o.spo2_percent, o.on_oxygen,
                         o.systolic_mmhg, o.diastolic_mmhg, o.pulse_per_min, o.consciousness, o.temperature_celsius::float8)
                     ORDER BY o.taken_at DESC)
      FROM (SELECT * FROM vitals.observation_set o
             WHERE o.hospital_id = :patient.hospital_id AND o.person_id = :patient.person_id AND o.state = 'final'
               AND o.taken_at >= :since::timestamptz AND o.taken_at < now() + interval '1 day'
             ORDER BY o.taken_at DESC LIMIT 60) o
      LEFT JOIN LATERAL (SELECT given, family, post_nominal FROM identity.staff s WHERE s.id = o.recorded_by OFFSET 0) s ON true
"""


_SUMMARY = f"""{BANNER}, ({_VISITS}),
           CASE WHEN :clinical::boolean THEN ({OBSERVED_ROW}) END, CASE WHEN :clinical THEN ({_SETS}) END,
           CASE WHEN :clinical THEN ({_PROBLEMS}) END, CASE WHEN :clinical THEN ({_TASKS}) END,
           CASE WHEN :clinical THEN ({LATEST}) END,
           CASE WHEN :notes::boolean THEN ({_NOTES}) END, CASE WHEN :clinical THEN ({STANDING}) END,
           CASE WHEN :clinical THEN ({DUE}) END, CASE WHEN :clinical THEN ({DONE}) END,
           CASE WHEN :clinical THEN ({RELEASED}) END
    {OF_PATIENT}"""


@query(_SUMMARY)
async def summary(
    db: Db, patient: PatientScope, *, since: datetime, until: datetime, now: datetime, clinical: bool, notes: bool
) -> SummaryRow:
    """The person and, for the clinical reader, what the panels show.

    Indexes: registration's own, encounter_person, current_person, observation_set_person, problem_person, task_person,
    result_person, note_person, medicine_person, dose_person, dose_once, administration_person.
    """


@query(
    f"""SELECT x.*, x.id IS NOT NULL, o.topic_version {OPENING}
      LEFT JOIN LATERAL ({_SUMMARY.replace(":patient.", ":")}
                            AND o.hospital_id = :hospital_id AND (:held::bigint IS NULL OR coalesce(o.topic_version, 0) <> :held) OFFSET 0) x ON true""",
    opens=True,
)
async def open_summary(
    db: Db,
    *,
    hospital_id: UUID,
    person_id: UUID,
    topic: str,
    held: int | None,
    since: datetime,
    until: datetime,
    now: datetime,
    clinical: bool,
    notes: bool,
) -> OpenedSummary | None:
    """The same with the version of the page's topic, when the person is registered at this hospital: scope, access, version
    and rows in one round trip, as of one moment. No rows when the reader holds that version."""


@query(f"SELECT ({_SETS})")
async def sets_since(db: Db, patient: PatientScope, *, since: datetime) -> list[tuple[Any, ...]] | None:
    """Sets of observations since a time, newest first. Index: observation_set_person."""
