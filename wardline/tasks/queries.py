"""SQL of the tasks schema. Every statement names the hospital; row-level security is the second wall."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct

from wardline.encounters.public import EncounterScope
from wardline.identity.public import WardScope
from wardline.platform.db import Db, query
from wardline.tasks.models import Alarm, Bell, ClimbingTask, HeldTask, NewTask, PlacedTask, Standing, Task

PAGE_MAX = 100


class Cursor(Struct, frozen=True):
    """The last row of a page: its rank (0 is critical and open), due time, id."""

    rank: int
    due_at: datetime
    id: UUID


BEFORE_ALL = Cursor(rank=-1, due_at=datetime(1970, 1, 1, tzinfo=UTC), id=UUID(int=0))


@query("""
    SELECT id, state, priority, rung, due_at, ward_id, owner_role
      FROM tasks.task
     WHERE hospital_id = :new.hospital_id AND kind = :new.kind AND subject_key = :new.subject_key
       AND state IN ('open', 'acknowledged')
     LIMIT 1
       FOR NO KEY UPDATE
""")
async def held_task(db: Db, new: NewTask) -> HeldTask | None:
    """The one open task of this kind and subject, locked. Index: task_one_open."""


@query("""
    WITH made AS (
        INSERT INTO tasks.task (hospital_id, id, kind, subject_key, ward_id, person_id, encounter_id, title, reason,
                                priority, owner_role, owner_words, rung, ladder, due_at, climbs_at, created_at, created_by)
        VALUES (:new.hospital_id, :task_id, :new.kind, :new.subject_key, :new.ward_id, :new.person_id, :new.encounter_id,
                :new.title, :new.reason, :new.priority, :standing.owner_role, :standing.owner_words, :standing.rung,
                :standing.ladder, :standing.due_at, :standing.climbs_at, :now, :actor_id)
        RETURNING hospital_id, id, owner_words, created_by)
    INSERT INTO tasks.step (hospital_id, task_id, id, at, kind, actor_id, owner_words)
    SELECT hospital_id, id, :step_id, :now, 'created', created_by, owner_words FROM made
""")
async def insert_task(
    db: Db, new: NewTask, standing: Standing, *, task_id: UUID, step_id: UUID, actor_id: UUID | None, now: datetime
) -> None:
    """The task and the first step of its history."""


@query("""
    WITH changed AS (
        UPDATE tasks.task
           SET title = :new.title, reason = :new.reason, priority = :new.priority, ward_id = :new.ward_id, state = 'open',
               owner_role = :standing.owner_role, owner_words = :standing.owner_words, rung = :standing.rung,
               ladder = :standing.ladder, due_at = :standing.due_at, climbs_at = :standing.climbs_at,
               acknowledged_at = NULL, acknowledged_by = NULL, version = version + 1
         WHERE hospital_id = :new.hospital_id AND id = :task_id
        RETURNING hospital_id, id, owner_words, reason)
    INSERT INTO tasks.step (hospital_id, task_id, id, at, kind, actor_id, owner_words)
    SELECT hospital_id, id, :step_id, :now, 'raised', :actor_id::uuid, owner_words FROM changed
""")
async def raise_task(
    db: Db, new: NewTask, standing: Standing, *, task_id: UUID, step_id: UUID, actor_id: UUID | None, now: datetime
) -> None:
    """More serious than before: open again, for a higher rung. Who acknowledged the earlier one stays in its steps."""


@query("""
    WITH held AS (
        SELECT hospital_id, id, ward_id FROM tasks.task
         WHERE hospital_id = :new.hospital_id AND kind = :new.kind AND subject_key = :new.subject_key
           AND state = ANY(CASE WHEN :new.worse::boolean THEN ARRAY['open'] ELSE ARRAY['open', 'acknowledged'] END)
           AND state IN ('open', 'acknowledged') AND rung >= :rung::int AND priority = ANY(:as_urgent::text[])
           FOR NO KEY UPDATE)
    UPDATE tasks.task t SET title = :new.title, reason = :new.reason, ward_id = :new.ward_id, version = version + 1
      FROM held h WHERE t.hospital_id = h.hospital_id AND t.id = h.id
    RETURNING t.id, t.state, t.priority, t.rung, t.due_at, h.ward_id, t.owner_role
""")
async def refresh_task(db: Db, new: NewTask, *, rung: int, as_urgent: list[str]) -> HeldTask | None:
    """New words and place, the same clock, on an open task that already asks for as much. Gives the ward where it stood.
    Index: task_one_open."""


@query("""
    WITH changed AS (
        UPDATE tasks.task
           SET state = 'acknowledged', acknowledged_at = :now, acknowledged_by = :actor_id::uuid, climbs_at = NULL,
               version = version + 1
         WHERE hospital_id = :hospital_id AND id = :task_id AND state = 'open'
        RETURNING hospital_id, id, owner_words)
    INSERT INTO tasks.step (hospital_id, task_id, id, at, kind, actor_id, owner_words)
    SELECT hospital_id, id, :step_id, :now, 'acknowledged', :actor_id::uuid, owner_words FROM changed
    RETURNING task_id
""")
async def acknowledge_task(
    db: Db, *, hospital_id: UUID, task_id: UUID, step_id: UUID, actor_id: UUID, now: datetime
) -> UUID | None:
    """Takes the task off the clock if nobody has yet."""


@query("""
    WITH changed AS (
        UPDATE tasks.task
           SET state = 'done', done_at = :now, done_by = :actor_id::uuid, climbs_at = NULL, version = version + 1,
               acknowledged_at = coalesce(acknowledged_at, :now), acknowledged_by = coalesce(acknowledged_by, :actor_id::uuid)
         WHERE hospital_id = :hospital_id AND id = :task_id AND state IN ('open', 'acknowledged')
        RETURNING hospital_id, id, owner_words)
    INSERT INTO tasks.step (hospital_id, task_id, id, at, kind, actor_id, owner_words)
    SELECT hospital_id, id, :step_id, :now, 'done', :actor_id::uuid, owner_words FROM changed
    RETURNING task_id
""")
async def finish_task(
    db: Db, *, hospital_id: UUID, task_id: UUID, step_id: UUID, actor_id: UUID, now: datetime
) -> UUID | None:
    """Done, and by that acknowledged."""


@query("""
    WITH changed AS (
        UPDATE tasks.task SET state = 'cancelled', climbs_at = NULL, version = version + 1
         WHERE hospital_id = :hospital_id AND encounter_id = :encounter_id AND state IN ('open', 'acknowledged')
           AND kind <> ALL(:lasting::text[])
        RETURNING hospital_id, id, owner_words, owner_role, ward_id),
    told AS (
        INSERT INTO tasks.step (hospital_id, task_id, id, at, kind, actor_id, owner_words, words)
        SELECT hospital_id, id, gen_random_uuid(), :now, 'cancelled', :actor_id::uuid, owner_words, :words FROM changed)
    SELECT id, owner_role, ward_id FROM changed LIMIT 1000
""")
async def cancel_tasks_of(
    db: Db,
    *,
    hospital_id: UUID,
    encounter_id: UUID,
    actor_id: UUID | None,
    words: str,
    lasting: list[str],
    now: datetime,
) -> list[PlacedTask]:
    """Ends what a finished stay leaves open, but for the lasting kinds; `words` say why."""


@query("""
    WITH held AS (
        SELECT hospital_id, id, ward_id FROM tasks.task
         WHERE hospital_id = :stay.hospital_id AND person_id = :stay.person_id AND encounter_id = :stay.id
           AND state IN ('open', 'acknowledged') AND ward_id IS DISTINCT FROM :ward_id::uuid
         ORDER BY id LIMIT 1000 FOR NO KEY UPDATE)
    UPDATE tasks.task t SET ward_id = :ward_id::uuid FROM held h WHERE t.hospital_id = h.hospital_id AND t.id = h.id
    RETURNING t.id, t.owner_role, h.ward_id
""")
async def place_tasks(db: Db, stay: EncounterScope, *, ward_id: UUID | None) -> list[PlacedTask]:
    """Brings a stay's open tasks to the ward where its patient lies; what they ask is as it was read. Gives the wards that they
    left. Index: task_person."""


@query("SELECT id FROM identity.hospital WHERE active ORDER BY id LIMIT 2000")
async def active_hospitals(db: Db) -> list[UUID]:
    """Every hospital of the network, for what goes by the clock."""


@query("""
    SELECT EXISTS (SELECT 1 FROM tasks.task
                    WHERE hospital_id = :hospital_id AND state = 'open' AND climbs_at <= :now)
""")
async def has_late_tasks(db: Db, *, hospital_id: UUID, now: datetime) -> bool:
    """Whether any task of the hospital has to climb. Index: task_climbing."""


@query("""
    SELECT id, person_id, ward_id, priority, rung, owner_role, ladder
      FROM tasks.task
     WHERE hospital_id = :hospital_id AND state = 'open' AND climbs_at <= :now
     ORDER BY climbs_at LIMIT 100
       FOR NO KEY UPDATE SKIP LOCKED
""")
async def tasks_to_climb(db: Db, *, hospital_id: UUID, now: datetime) -> list[ClimbingTask]:
    """Open tasks whose clock ran out; those another worker holds are skipped. Index: task_climbing."""


@query("""
    WITH changed AS (
        UPDATE tasks.task
           SET owner_role = :standing.owner_role, owner_words = :standing.owner_words, rung = :standing.rung,
               ladder = :standing.ladder, due_at = :standing.due_at, climbs_at = :standing.climbs_at, version = version + 1
         WHERE hospital_id = :hospital_id AND id = :task_id AND state = 'open'
        RETURNING hospital_id, id, owner_words)
    INSERT INTO tasks.step (hospital_id, task_id, id, at, kind, owner_words)
    SELECT hospital_id, id, :step_id, :now, 'climbed', owner_words FROM changed
""")
async def climb_task(
    db: Db, standing: Standing, *, hospital_id: UUID, task_id: UUID, step_id: UUID, now: datetime
) -> None:
    """One rung up."""


TASK_COLUMNS = """
    t.id, t.kind, t.title, t.reason, t.priority, t.state, t.owner_role, t.owner_words, coalesce(t.ladder[1], ''), t.due_at,
    t.climbs_at, t.created_at, t.acknowledged_at, t.acknowledged_by,
    CASE WHEN s.id IS NOT NULL THEN concat_ws(' ', nullif(s.title, ''), left(s.given, 1) || '.', s.family) END,
    t.ward_id, t.person_id, t.encounter_id, p.family, p.given, c.bed_label, t.version, t.subject_key
      FROM tasks.task t
      LEFT JOIN identity.staff s ON s.id = t.acknowledged_by
      LEFT JOIN patients.person p ON p.id = t.person_id
      LEFT JOIN encounters.current c ON c.hospital_id = t.hospital_id AND c.encounter_id = t.encounter_id
"""
RANKS = {"critical": 0, "urgent": 1, "routine": 2}
ANSWERED = 3  # what somebody has taken on stands behind everything that waits
RANK = f"""(CASE t.priority WHEN 'critical' THEN 0 WHEN 'urgent' THEN 1 ELSE 2 END
           + CASE t.state WHEN 'open' THEN 0 ELSE {ANSWERED} END)"""


@query("""
    SELECT t.id FROM tasks.task t
     WHERE t.hospital_id = :hospital_id AND t.kind = :kind AND t.subject_key = :subject_key
       AND t.state IN ('open', 'acknowledged')
""")
async def open_task_of(db: Db, *, hospital_id: UUID, kind: str, subject_key: str) -> UUID | None:
    """The open task about something. Index: task_one_open."""


@query(f"""
    SELECT {TASK_COLUMNS}
     WHERE t.hospital_id = :hospital_id AND t.id = :task_id
""")
async def task(db: Db, *, hospital_id: UUID, task_id: UUID) -> Task:
    """One task with the names around it."""


@query(f"""
    SELECT {TASK_COLUMNS}
     WHERE t.hospital_id = :hospital_id AND t.state IN ('open', 'acknowledged')
       AND (:owner_role::text IS NULL OR t.owner_role = :owner_role)
       AND (:ward_id::uuid IS NULL OR t.ward_id = :ward_id)
       AND ({RANK}, t.due_at, t.id) > (:after.rank::int, :after.due_at::timestamptz, :after.id::uuid)
     ORDER BY {RANK}, t.due_at, t.id
     LIMIT :limit
""")
async def open_tasks(
    db: Db, *, hospital_id: UUID, owner_role: str | None, ward_id: UUID | None, after: Cursor, limit: int
) -> list[Task]:
    """What waits before what is answered, most urgent first. Indexes: task_owner, task_ward; a hospital has some hundred open tasks."""


@query(f"""
    SELECT {TASK_COLUMNS}
     WHERE t.hospital_id = :ward.hospital_id AND t.ward_id = :ward.id AND t.state IN ('open', 'acknowledged')
       AND t.due_at < :until
     ORDER BY t.due_at, t.id LIMIT 200
""")
async def tasks_due(db: Db, ward: WardScope, *, until: datetime) -> list[Task]:
    """What a ward has to answer by a time. Index: task_ward."""


@query("""
    SELECT count(*)::int, count(*) FILTER (WHERE priority = 'critical')::int
      FROM tasks.task
     WHERE hospital_id = :hospital_id AND owner_role = :owner_role AND state = 'open'
""")
async def bell(db: Db, *, hospital_id: UUID, owner_role: str) -> Bell:
    """What nobody has acknowledged yet, for the bell in the top bar. Index: task_owner."""


@query("""
    SELECT t.id, p.family, p.given, coalesce(c.bed_label, ''), t.reason, t.due_at
      FROM tasks.task t
      JOIN patients.person p ON p.id = t.person_id
      LEFT JOIN encounters.current c ON c.hospital_id = t.hospital_id AND c.encounter_id = t.encounter_id
     WHERE t.hospital_id = :hospital_id AND t.owner_role = :owner_role AND t.state = 'open' AND t.priority = 'critical'
     ORDER BY t.due_at DESC LIMIT 1
""")
async def newest_alarm(db: Db, *, hospital_id: UUID, owner_role: str) -> Alarm | None:
    """The critical task whose clock was set last. Index: task_owner."""
