"""SQL of the mar schema. Every statement names the hospital; row-level security is the second wall."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from wardline.identity.public import WardScope
from wardline.mar.models import (
    Administration,
    DoseRow,
    GivenBefore,
    Giving,
    OrderRow,
    Seen,
    Step,
)
from wardline.mar.pages import HeldBack, RoundRow
from wardline.orders.public import STANDS
from wardline.patients.public import PatientScope
from wardline.platform.db import Db, Effect, effect, query

ROWS_MAX = 400


class NewAdministration(Struct, frozen=True, kw_only=True):
    """What was done, ready to be stored; `checks` are the five rights as `checks.kept` gives them."""

    hospital_id: UUID
    id: UUID
    medicine_id: UUID
    dose_id: UUID | None
    person_id: UUID
    encounter_id: UUID
    action: str
    happened_at: datetime
    recorded_by: UUID
    witness_id: UUID | None
    amount: float | None
    unit: str
    reason: str
    words: str
    timing: str
    site: str
    no_scan: str
    checks: str | None
    sent_later: bool
    infusion: str | None
    rate: float | None
    rate_unit: str
    volume_ml: float | None
    step_id: UUID


class NewStep(Struct, frozen=True, kw_only=True):
    """A line of history ready to be stored; `before` is JSON."""

    id: UUID
    kind: str
    happened_at: datetime
    words: str
    before: str | None = None
    rate: float | None = None
    rate_unit: str = ""
    volume_given_ml: float | None = None
    witness_id: UUID | None = None


class Amended(Struct, frozen=True, kw_only=True):
    """The values of an administration from now on."""

    happened_at: datetime
    amount: float | None
    site: str
    words: str
    timing: str


class Running(Struct, frozen=True, kw_only=True):
    """How an infusion stands from now on."""

    infusion: str
    rate: float | None
    rate_unit: str
    volume_given_ml: float | None
    rate_since: datetime
    ended_at: datetime | None


# --- before a dose is given ----------------------------------------------------------------------------------------------
@query("SELECT o.* FROM mar.look_at_dose(:hospital_id, :dose_id, :medicine_id) o", opens=True)
async def giving(db: Db, *, hospital_id: UUID, dose_id: UUID | None, medicine_id: UUID | None) -> Giving | None:
    """All that giving a dose, or a medicine as needed, rests on; None when it is not the hospital's. In a transaction after the
    order is held."""


@query("""
    SELECT m.id FROM mar.dose d JOIN orders.medicine m ON m.hospital_id = d.hospital_id AND m.id = d.medicine_id
     WHERE d.hospital_id = :hospital_id AND d.id = :dose_id FOR SHARE OF m
""")
async def hold_order_of_dose(db: Db, *, hospital_id: UUID, dose_id: UUID) -> UUID | None:
    """Holds the order against being stopped or changed until the end of the transaction."""


@query("""
    SELECT m.id FROM orders.medicine m
     WHERE m.hospital_id = :hospital_id
       AND m.person_id = (SELECT o.person_id FROM orders.medicine o WHERE o.hospital_id = :hospital_id AND o.id = :medicine_id)
       AND (m.id = :medicine_id OR (m.kind = 'as_needed' AND m.state IN ('active', 'held')))
     ORDER BY m.id LIMIT 300 FOR NO KEY UPDATE OF m
""")
async def hold_orders_alone(db: Db, *, hospital_id: UUID, medicine_id: UUID) -> list[UUID]:
    """The same for one at a time, with every as-needed order of the patient: their doses are counted together, and each sees
    those before it. Index: medicine_person."""


@query("""
    SELECT m.id, a.happened_at, a.amount::float8, a.unit, m.name, m.kind
      FROM mar.administration a JOIN orders.medicine m ON m.hospital_id = a.hospital_id AND m.id = a.medicine_id
     WHERE a.hospital_id = :hospital_id AND a.person_id = :person_id AND a.state = 'final' AND a.action IN ('given', 'self')
       AND a.happened_at > :since
     ORDER BY a.happened_at DESC LIMIT 500
""")
async def given_since(db: Db, *, hospital_id: UUID, person_id: UUID, since: datetime) -> list[GivenBefore]:
    """What the patient had by any order, newest first. Index: administration_person."""


@query("""
    SELECT a.summary || '|' || a.words || '|' || concat_ws(' ', nullif(f.title, ''), left(f.given, 1) || '.', f.family)
      FROM orders.alert a LEFT JOIN identity.staff f ON f.id = a.actor_id
     WHERE a.hospital_id = :hospital_id AND a.medicine_id = :medicine_id AND a.kind = 'allergy' AND a.reason IS NOT NULL
     ORDER BY a.at DESC, a.tier LIMIT 1
""")
async def allergy_decision(db: Db, *, hospital_id: UUID, medicine_id: UUID) -> str | None:
    """What was decided about an allergy at the signature. Index: alert_medicine."""


# --- what was done -------------------------------------------------------------------------------------------------------
_INTO = """
    INSERT INTO mar.administration (hospital_id, id, medicine_id, dose_id, person_id, encounter_id, action, happened_at, recorded_at,
        recorded_by, witness_id, amount, unit, reason, words, timing, site, no_scan, checks, sent_later, infusion, rate,
        rate_unit, volume_ml, volume_given_ml, rate_since, created_at, created_by)
"""
_VALUES = """
        :new.hospital_id::uuid, :new.id::uuid, :new.medicine_id::uuid, :new.dose_id::uuid, :new.person_id::uuid,
        :new.encounter_id::uuid, :new.action::text, :new.happened_at::timestamptz, :now::timestamptz, :new.recorded_by::uuid,
        :new.witness_id::uuid, :new.amount::float8, :new.unit::text, :new.reason::text, :new.words::text, :new.timing::text,
        :new.site::text, :new.no_scan::text, :new.checks::text::jsonb, :new.sent_later::boolean, :new.infusion::text,
        :new.rate::float8, :new.rate_unit::text, :new.volume_ml::float8,
        CASE WHEN :new.infusion::text IS NOT NULL THEN 0 END, CASE WHEN :new.infusion::text IS NOT NULL THEN :new.happened_at::timestamptz END,
        :now::timestamptz, :new.recorded_by::uuid
"""
_AFTER = """
    told AS (
        INSERT INTO mar.step (hospital_id, administration_id, id, at, kind, happened_at, actor_id)
        SELECT done.hospital_id, done.id, :new.step_id, :now, 'recorded', :new.happened_at, :new.recorded_by FROM done),
    closed AS (
        UPDATE mar.dose d SET state = :new.action, version = d.version + 1 FROM done
         WHERE d.hospital_id = done.hospital_id AND d.id = done.dose_id)
"""


@query(
    f"""WITH done AS ({_INTO} VALUES ({_VALUES})
             ON CONFLICT (hospital_id, dose_id) WHERE state = 'final' AND dose_id IS NOT NULL DO NOTHING
             RETURNING hospital_id, id, dose_id), {_AFTER}
        SELECT id FROM done"""  # noqa: S608 - texts of the code's own
)
async def insert_administration(db: Db, new: NewAdministration, *, now: datetime) -> UUID | None:
    """What was done, with its first line of history, and the dose closed; None when somebody else was first."""


@effect(
    f"""WITH stands AS ({STANDS}),
         done AS ({_INTO} SELECT {_VALUES} FROM stands
                   WHERE EXISTS (SELECT 1 FROM mar.dose d WHERE d.hospital_id = :seen.hospital_id AND d.id = :seen.dose_id
                                    AND d.version = :seen.version AND d.state = 'due' AND d.task_id IS NULL)
             ON CONFLICT (hospital_id, dose_id) WHERE state = 'final' AND dose_id IS NOT NULL DO NOTHING
             RETURNING hospital_id, id, dose_id), {_AFTER}"""  # noqa: S608 - texts of the code's own
)
def put_administration(*, new: NewAdministration, seen: Seen, now: datetime) -> Effect:
    """The same while the order and the dose are as they were read."""


@query("""
    WITH changed AS (
        UPDATE mar.administration SET state = 'resolved', version = version + 1
         WHERE hospital_id = :new.hospital_id AND id = :held_id AND state = 'final' AND action = 'held'
        RETURNING hospital_id, id)
    INSERT INTO mar.step (hospital_id, administration_id, id, at, kind, happened_at, words, actor_id)
    SELECT c.hospital_id, c.id, :step_id, :now::timestamptz, 'resolved', :new.happened_at,
           CASE :new.action::text WHEN 'not_given' THEN 'Not given in the end' WHEN 'held' THEN 'Held again' ELSE 'Given later' END,
           :new.recorded_by FROM changed c
""")
async def resolve_held(db: Db, new: NewAdministration, *, held_id: UUID, step_id: UUID, now: datetime) -> None:
    """A dose that was held back waits no more: what is done about it now takes its place, and its history says so."""


@query("""
    SELECT a.id, a.happened_at, a.reason, a.words, left(f.given, 1) || '. ' || f.family, a.state
      FROM mar.administration a JOIN identity.staff f ON f.id = a.recorded_by
     WHERE a.hospital_id = :hospital_id AND a.dose_id = :dose_id AND a.action = 'held' AND a.state IN ('final', 'resolved')
     ORDER BY a.happened_at DESC, a.id DESC LIMIT 20
""")
async def held_back(db: Db, *, hospital_id: UUID, dose_id: UUID) -> list[HeldBack]:
    """Each time that a dose was held back, the newest first. Index: administration_held."""


_ADMINISTRATION = """
    SELECT a.id, a.medicine_id, a.dose_id, a.person_id, m.name, d.due_at, a.action, a.happened_at, a.recorded_at,
           left(f.given, 1) || '. ' || f.family, left(f.given, 1) || left(f.family, 1),
           left(w.given, 1) || '. ' || w.family, left(w.given, 1) || left(w.family, 1),
           a.amount::float8, a.unit, a.reason, a.words, a.timing, a.site, a.no_scan, a.effect, a.sent_later, a.infusion,
           a.rate::float8, a.rate_unit, a.volume_ml::float8, a.volume_given_ml::float8, a.rate_since, a.ended_at, a.state, a.version
      FROM mar.administration a
      JOIN orders.medicine m ON m.hospital_id = a.hospital_id AND m.id = a.medicine_id
      JOIN identity.staff f ON f.id = a.recorded_by
      LEFT JOIN identity.staff w ON w.id = a.witness_id
      LEFT JOIN mar.dose d ON d.hospital_id = a.hospital_id AND d.id = a.dose_id
"""


@query(_ADMINISTRATION + " WHERE a.hospital_id = :hospital_id AND a.id = :administration_id")
async def administration(db: Db, *, hospital_id: UUID, administration_id: UUID) -> Administration:
    """What was done about a dose."""


@query("SELECT a.person_id FROM mar.administration a WHERE a.hospital_id = :hospital_id AND a.id = :administration_id")
async def whose(db: Db, *, hospital_id: UUID, administration_id: UUID) -> UUID | None:
    """Whose dose it was, when it was recorded at this hospital."""


@query("""
    SELECT a.id FROM mar.administration a WHERE a.hospital_id = :hospital_id AND a.id = :administration_id FOR NO KEY UPDATE
""")
async def hold_administration(db: Db, *, hospital_id: UUID, administration_id: UUID) -> UUID | None:
    """Holds it until the end of the transaction."""


@query("""
    SELECT coalesce(a.checks, a.rights)::text FROM mar.administration a WHERE a.hospital_id = :hospital_id AND a.id = :administration_id
""")
async def rights_of(db: Db, *, hospital_id: UUID, administration_id: UUID) -> str | None:
    """The five rights as they were, JSON that `checks.shown` reads."""


@query("""
    SELECT s.at, s.kind, s.happened_at, s.words, s.before::text, s.rate::float8, s.rate_unit, s.volume_given_ml::float8,
           left(f.given, 1) || '. ' || f.family, left(w.given, 1) || '. ' || w.family
      FROM mar.step s JOIN identity.staff f ON f.id = s.actor_id
      LEFT JOIN identity.staff w ON w.id = s.witness_id
     WHERE s.hospital_id = :hospital_id AND s.administration_id = :administration_id ORDER BY s.at, s.id LIMIT 200
""")
async def history(db: Db, *, hospital_id: UUID, administration_id: UUID) -> list[Step]:
    """What happened to it, oldest first."""


_STEP = """
    INSERT INTO mar.step (hospital_id, administration_id, id, at, kind, happened_at, words, before, rate, rate_unit, volume_given_ml,
                          actor_id, witness_id)
    SELECT c.hospital_id, c.id, :step.id, :now::timestamptz, :step.kind, :step.happened_at, :step.words,
           :step.before::text::jsonb, :step.rate::float8, :step.rate_unit, :step.volume_given_ml::float8, :actor_id::uuid,
           :step.witness_id::uuid FROM changed c
"""


@query(
    f"""WITH changed AS (
        UPDATE mar.administration SET happened_at = :to.happened_at, amount = :to.amount::float8, site = :to.site, words = :to.words,
               timing = :to.timing, rate_since = CASE WHEN rate_since = happened_at THEN :to.happened_at ELSE rate_since END,
               version = version + 1
         WHERE hospital_id = :hospital_id AND id = :administration_id AND version = :version AND state = 'final'
        RETURNING hospital_id, id, version), told AS ({_STEP})
        SELECT version FROM changed"""  # noqa: S608 - texts of the code's own
)
async def amend(
    db: Db,
    to: Amended,
    step: NewStep,
    *,
    hospital_id: UUID,
    administration_id: UUID,
    version: int,
    actor_id: UUID,
    now: datetime,
) -> int | None:
    """Other values, and what was said before in the history; None when the version has gone."""


@query(
    f"""WITH changed AS (
        UPDATE mar.administration
           SET state = 'entered_in_error', infusion = CASE WHEN infusion IS NOT NULL THEN 'stopped' END, version = version + 1
         WHERE hospital_id = :hospital_id AND id = :administration_id AND version = :version AND state = 'final'
        RETURNING hospital_id, id, dose_id, version), told AS ({_STEP}),
        reopened AS (
        UPDATE mar.dose d SET task_id = NULL, version = d.version + 1,
               state = CASE WHEN p.since IS NULL OR d.since >= p.since THEN 'due'
                            WHEN d.due_at < date_trunc('minute', p.since, 'UTC') THEN 'lapsed' ELSE 'withdrawn' END
          FROM changed c JOIN mar.dose o ON o.hospital_id = c.hospital_id AND o.id = c.dose_id
          LEFT JOIN mar.plan p ON p.hospital_id = o.hospital_id AND p.medicine_id = o.medicine_id
         WHERE d.hospital_id = o.hospital_id AND d.id = o.id)
        SELECT version FROM changed"""  # noqa: S608 - texts of the code's own
)
async def mark_as_error(
    db: Db,
    step: NewStep,
    *,
    hospital_id: UUID,
    administration_id: UUID,
    version: int,
    actor_id: UUID,
    now: datetime,
) -> int | None:
    """Entered in error: it stays, and its dose is due again, asked for anew if it is late; a dose of an earlier line is
    withdrawn, or recorded as it was. None when the version has gone."""


@query(
    f"""WITH changed AS (
        UPDATE mar.administration SET effect = :effect, version = version + 1
         WHERE hospital_id = :hospital_id AND id = :administration_id AND state = 'final'
        RETURNING hospital_id, id, version), told AS ({_STEP})
        SELECT version FROM changed"""  # noqa: S608 - texts of the code's own
)
async def set_effect(
    db: Db,
    step: NewStep,
    *,
    effect: str,
    hospital_id: UUID,
    administration_id: UUID,
    actor_id: UUID,
    now: datetime,
) -> int | None:
    """What the dose did."""


@query(
    f"""WITH changed AS (
        UPDATE mar.administration
           SET infusion = :to.infusion, rate = :to.rate::float8, rate_unit = :to.rate_unit,
               volume_given_ml = :to.volume_given_ml::float8, rate_since = :to.rate_since, ended_at = :to.ended_at::timestamptz,
               version = version + 1
         WHERE hospital_id = :hospital_id AND id = :administration_id AND version = :version AND infusion IN ('running', 'paused')
        RETURNING hospital_id, id, version), told AS ({_STEP})
        SELECT version FROM changed"""  # noqa: S608 - texts of the code's own
)
async def step_infusion(
    db: Db,
    to: Running,
    step: NewStep,
    *,
    hospital_id: UUID,
    administration_id: UUID,
    version: int,
    actor_id: UUID,
    now: datetime,
) -> int | None:
    """An infusion goes on otherwise; None when the version has gone or it does not run."""


@query("""
    SELECT c.ward_id FROM encounters.current c WHERE c.hospital_id = :hospital_id AND c.person_id = :person_id
     ORDER BY c.class = 'outpatient', c.started_at DESC LIMIT 1
""")
async def ward_of(db: Db, *, hospital_id: UUID, person_id: UUID) -> UUID | None:
    """Where the patient lies. Index: current_person."""


# --- the grid ------------------------------------------------------------------------------------------------------------
@query("""
    SELECT m.id, m.name, m.kind, m.route, m.line::text, m.state, m.state_reason, m.prescribed_at,
           coalesce((SELECT max(s.at) FROM orders.step s
                      WHERE s.hospital_id = m.hospital_id AND s.medicine_id = m.id AND s.kind = 'changed'), m.prescribed_at),
           t.at, t.by, k.summary, k.by, k.at, k.words, k.kind
      FROM orders.medicine m
      LEFT JOIN LATERAL (
           SELECT s.at, concat_ws(' ', nullif(f.title, ''), left(f.given, 1) || '.', f.family) AS by
             FROM orders.step s LEFT JOIN identity.staff f ON f.id = s.actor_id
            WHERE m.state <> 'active' AND s.hospital_id = m.hospital_id AND s.medicine_id = m.id
            ORDER BY s.at DESC, s.id DESC LIMIT 1) t ON true
      LEFT JOIN LATERAL (
           SELECT a.summary, a.words, a.at, a.kind, concat_ws(' ', nullif(f.title, ''), left(f.given, 1) || '.', f.family) AS by
             FROM orders.alert a LEFT JOIN identity.staff f ON f.id = a.actor_id
            WHERE a.hospital_id = m.hospital_id AND a.medicine_id = m.id AND a.tier IN (1, 2)
            ORDER BY a.kind = 'allergy' DESC, a.tier, a.at DESC LIMIT 1) k ON true
     WHERE m.hospital_id = :patient.hospital_id AND m.person_id = :patient.person_id AND m.state <> 'entered_in_error'
       AND m.prescribed_at < :until AND (m.state IN ('active', 'held') OR t.at >= :since)
     ORDER BY m.prescribed_at, m.id LIMIT 300
""")
async def orders_of(db: Db, patient: PatientScope, *, since: datetime, until: datetime) -> list[OrderRow]:
    """The orders of a day: those that stand, and those that were stopped in it. Index: medicine_person."""


@query("""
    SELECT d.id, d.medicine_id, d.due_at, d.amount::float8, d.amount_to::float8, d.unit, d.critical, d.state, d.version
      FROM mar.dose d
     WHERE d.hospital_id = :patient.hospital_id AND d.person_id = :patient.person_id AND d.due_at >= :since AND d.due_at < :until
       AND d.state <> 'withdrawn'
     ORDER BY d.due_at LIMIT 400
""")
async def doses_of(db: Db, patient: PatientScope, *, since: datetime, until: datetime) -> list[DoseRow]:
    """The planned doses of some hours. Index: dose_person."""


class Missed(Struct, frozen=True):
    """Doses that nobody recorded: how many, and when the first was due."""

    count: int
    first_at: datetime | None


@query("""
    SELECT count(*)::int, min(d.due_at)
      FROM mar.dose d JOIN orders.medicine m ON m.hospital_id = d.hospital_id AND m.id = d.medicine_id
     WHERE d.hospital_id = :patient.hospital_id AND d.person_id = :patient.person_id AND d.due_at >= :since AND d.due_at < :until
       AND d.state IN ('due', 'lapsed') AND m.state IN ('active', 'held', 'stopped')
""")
async def missed_of(db: Db, patient: PatientScope, *, since: datetime, until: datetime) -> Missed:
    """The doses of some days that nobody recorded. Index: dose_person."""


@query(
    _ADMINISTRATION
    + """
     WHERE a.hospital_id = :patient.hospital_id AND a.person_id = :patient.person_id
       AND ((a.happened_at >= :since AND a.happened_at < :until) OR a.infusion IN ('running', 'paused')
            OR (d.due_at >= :since AND d.due_at < :until))
     ORDER BY a.happened_at DESC, a.id LIMIT 400
"""
)
async def administrations_of(
    db: Db, patient: PatientScope, *, since: datetime, until: datetime
) -> list[Administration]:
    """What was done in some hours, and the infusions that run. Index: administration_person."""


# --- the ward ------------------------------------------------------------------------------------------------------------
@query("""
    SELECT d.id, d.medicine_id, d.person_id, p.family, p.given, c.bed_label, m.name, m.line::text, m.route, d.due_at,
           d.amount::float8, d.amount_to::float8, d.unit, d.critical, d.state, d.version
      FROM encounters.current c
      JOIN mar.dose d ON d.hospital_id = c.hospital_id AND d.encounter_id = c.encounter_id
      JOIN orders.medicine m ON m.hospital_id = d.hospital_id AND m.id = d.medicine_id
      JOIN patients.person p ON p.id = d.person_id
     WHERE c.hospital_id = :ward.hospital_id AND c.ward_id = :ward.id AND d.state IN ('due', 'held') AND m.state = 'active'
       AND d.due_at >= :since AND d.due_at < :until
       AND (d.state = 'due' OR NOT EXISTS (
           SELECT 1 FROM mar.dose l WHERE l.hospital_id = d.hospital_id AND l.medicine_id = d.medicine_id AND l.due_at > d.due_at
              AND l.due_at <= :now AND l.state <> 'withdrawn'))
     ORDER BY d.due_at, c.bed_label, d.id LIMIT 500
""")
async def round_of(db: Db, ward: WardScope, *, since: datetime, until: datetime, now: datetime) -> list[RoundRow]:
    """What is due on a ward, the oldest first; what was held back waits until the next dose of its order is due. Indexes: current_ward, dose_waits, dose_once."""
