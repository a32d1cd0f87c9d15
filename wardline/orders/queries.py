"""SQL of the orders schema. Every statement names the hospital; row-level security is the second wall."""
# ruff: noqa: S608 - statements are put together from texts of the code's own
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from wardline.orders.forms import HistoryStep, ShownAlert
from wardline.orders.models import RecordedAllergy
from wardline.patients.public import PatientScope
from wardline.platform.db import Db, query

MEDICINES_MAX = 300


class Facts(Struct, frozen=True):
    """What the checks need of the patient, as it is recorded."""

    born_on: date | None
    sex: str
    allergy_state: str
    pregnant: bool | None
    stay_class: str | None
    signed_knowledge: str | None
    weight_kg: float | None
    weight_at: datetime | None
    creatinine: float | None
    creatinine_at: datetime | None
    creatinine_imported: bool | None
    problems: str


class MedicineRow(Struct, frozen=True):
    """An order as it is stored; `line` is JSON."""

    id: UUID
    person_id: UUID
    encounter_id: UUID
    name: str
    kind: str
    route: str
    text: str
    line: str
    state: str
    state_reason: str
    ends_on: date | None
    prescribed_at: datetime
    prescribed_by: str | None
    stopped_at: datetime | None
    version: int


class NewMedicine(Struct, frozen=True, kw_only=True):
    """An order ready to be stored."""

    hospital_id: UUID
    id: UUID
    person_id: UUID
    encounter_id: UUID
    name: str
    kind: str
    route: str
    text: str
    line: str
    ends_on: date | None
    actor_id: UUID


class NewBasket(Struct, frozen=True, kw_only=True):
    """The orders of one signature ready to be stored, column by column, each with the first line of its history."""

    hospital_id: UUID
    person_id: UUID
    encounter_id: UUID
    actor_id: UUID
    ids: list[UUID]
    step_ids: list[UUID]
    names: list[str]
    kinds: list[str]
    routes: list[str]
    texts: list[str]
    lines: list[str]
    ends: list[date | None]


class NewStep(Struct, frozen=True, kw_only=True):
    """One line of history ready to be stored."""

    id: UUID
    kind: str
    text: str
    reason: str


class NewFeedback(Struct, frozen=True, kw_only=True):
    """Feedback on cards ready to be stored, column by column."""

    ids: list[UUID]
    cards: list[UUID]
    outcomes: list[str]
    reasons: list[str]
    words: list[str]


class OpenMedicine(Struct, frozen=True):
    """An order that a discharge must stop."""

    id: UUID
    text: str


class NewAlerts(Struct, frozen=True, kw_only=True):
    """What was shown at a signature, column by column; `medicine_ids` say with which order."""

    ids: list[UUID]
    medicine_ids: list[UUID]
    rules: list[str]
    kinds: list[str]
    tiers: list[int]
    summaries: list[str]
    sources: list[str]
    reasons: list[str | None]
    words: str


@query("""
    SELECT p.born_on, p.sex, p.allergy_state, s.pregnant, s.class,
           (SELECT CASE WHEN g.state = 'signed' THEN g.digest END FROM orders.knowledge_signature g
             WHERE g.hospital_id = :patient.hospital_id ORDER BY g.signed_at DESC, g.id DESC LIMIT 1),
           w.value::float8, w.taken_at, k.value::float8, k.taken_at, k.imported,
           (SELECT coalesce(json_agg(json_build_object(
                       'display', l.display, 'icd10', CASE WHEN l.code_system LIKE 'ICD-10%' THEN l.code ELSE '' END,
                       'snomed', coalesce(l.snomed_code, CASE WHEN l.code_system = 'SNOMED-CT' THEN l.code END, ''),
                       'active', l.state = 'active' AND l.abated_on IS NULL, 'provisional', l.verification = 'provisional',
                       'onset_on', l.onset_on, 'recorded_on', l.created_at::date)), '[]'::json)::text
              FROM (SELECT o.* FROM encounters.problem o
                     WHERE o.hospital_id = :patient.hospital_id AND o.person_id = p.id AND o.state IN ('active', 'resolved')
                       AND o.verification IN ('provisional', 'confirmed')
                     ORDER BY o.state = 'active' DESC, o.onset_on DESC NULLS LAST, o.id LIMIT 200) AS l)
      FROM patients.person p
      LEFT JOIN LATERAL (SELECT c.pregnant, c.class FROM encounters.current c
                          WHERE c.hospital_id = :patient.hospital_id AND c.person_id = p.id
                          ORDER BY c.class = 'outpatient', c.started_at DESC LIMIT 1) s ON true
      LEFT JOIN LATERAL (SELECT m.value, m.taken_at FROM orders.measure m
                          WHERE m.hospital_id = :patient.hospital_id AND m.person_id = p.id AND m.kind = 'weight_kg'
                            AND m.superseded_at IS NULL
                          ORDER BY m.taken_at DESC, m.created_at DESC LIMIT 1) w ON true
      LEFT JOIN LATERAL (SELECT m.value, m.taken_at, m.imported FROM orders.measure m
                          WHERE m.hospital_id = :patient.hospital_id AND m.person_id = p.id
                            AND m.kind = 'creatinine_umol_per_l' AND m.superseded_at IS NULL
                          ORDER BY m.taken_at DESC, m.created_at DESC LIMIT 1) k ON true
     WHERE p.id = :patient.person_id
""")
async def facts(db: Db, patient: PatientScope) -> Facts:
    """The patient's facts with the newest weight and creatinine, and the problem list here as JSON.

    Index: measure_newest, problem_person.
    """


@query("""
    SELECT a.substance, a.reaction, a.severity, a.category FROM patients.allergy a
     WHERE a.person_id = :patient.person_id AND a.state = 'active' ORDER BY a.id LIMIT 100
""")
async def active_allergies(db: Db, patient: PatientScope) -> list[RecordedAllergy]:
    """The allergies that stand."""


_MEDICINE = """
    SELECT m.id, m.person_id, m.encounter_id, m.name, m.kind, m.route, m.text, m.line::text, m.state, m.state_reason, m.ends_on,
           m.prescribed_at,
           (SELECT concat_ws(' ', nullif(s.title, ''), left(s.given, 1) || '.', s.family)
              FROM identity.staff s WHERE s.id = m.prescribed_by),
           CASE WHEN m.state = 'stopped' THEN
                (SELECT max(t.at) FROM orders.step t
                  WHERE t.hospital_id = m.hospital_id AND t.medicine_id = m.id AND t.kind = 'stopped') END,
           m.version
      FROM orders.medicine m
"""


@query(
    _MEDICINE
    + """
     WHERE m.hospital_id = :patient.hospital_id AND m.person_id = :patient.person_id
     ORDER BY m.state IN ('active', 'held') DESC, m.prescribed_at DESC, m.id LIMIT :limit
"""
)
async def medicines_of(db: Db, patient: PatientScope, *, limit: int) -> list[MedicineRow]:
    """A patient's orders here, the current ones first. Index: medicine_person."""


@query(_MEDICINE + "WHERE m.hospital_id = :hospital_id AND m.id = :medicine_id")
async def medicine(db: Db, *, hospital_id: UUID, medicine_id: UUID) -> MedicineRow | None:
    """One order of the hospital."""


@query(_MEDICINE + "WHERE m.hospital_id = :hospital_id AND m.id = :medicine_id FOR NO KEY UPDATE OF m")
async def medicine_for_update(db: Db, *, hospital_id: UUID, medicine_id: UUID) -> MedicineRow | None:
    """The same, held until the end of the transaction: two changes of one order follow each other."""


_SHOWN = """
    INSERT INTO orders.alert (hospital_id, id, medicine_id, rule, kind, tier, summary, source, reason, words, at, actor_id)
    SELECT {hospital}, a.id, a.medicine_id, a.rule, a.kind, a.tier, a.summary, a.source, a.reason, :shown.words, :now, {actor}
      FROM unnest(:shown.ids::uuid[], :shown.medicine_ids::uuid[], :shown.rules::text[], :shown.kinds::text[],
                  :shown.tiers::int[], :shown.summaries::text[], :shown.sources::text[], :shown.reasons::text[])
           AS a (id, medicine_id, rule, kind, tier, summary, source, reason)
"""


@query(
    """
    WITH made AS (
        INSERT INTO orders.medicine (hospital_id, id, person_id, encounter_id, name, kind, route, text, line, ends_on,
                                     prescribed_at, prescribed_by, created_by)
        SELECT :new.hospital_id, m.id, :new.person_id, :new.encounter_id, m.name, m.kind, m.route, m.text, m.line::jsonb,
               m.ends_on, :now, :new.actor_id, :new.actor_id
          FROM unnest(:new.ids::uuid[], :new.names::text[], :new.kinds::text[], :new.routes::text[], :new.texts::text[],
                      :new.lines::text[], :new.ends::date[]) AS m (id, name, kind, route, text, line, ends_on)),
    told AS (
        INSERT INTO orders.step (hospital_id, medicine_id, id, at, kind, text, reason, actor_id)
        SELECT :new.hospital_id, s.medicine_id, s.id, :now, 'prescribed', s.text, '', :new.actor_id
          FROM unnest(:new.ids::uuid[], :new.step_ids::uuid[], :new.texts::text[]) AS s (medicine_id, id, text))
"""
    + _SHOWN.format(hospital=":new.hospital_id", actor=":new.actor_id")
)
async def insert_basket(db: Db, new: NewBasket, shown: NewAlerts, *, now: datetime) -> None:
    """Every order of a signature with the first line of its history and what the checks showed."""


@query(_SHOWN.format(hospital=":hospital_id", actor=":actor_id"))
async def insert_alerts(db: Db, shown: NewAlerts, *, hospital_id: UUID, actor_id: UUID, now: datetime) -> None:
    """What the checks showed when an order was changed."""


@query("""
    WITH changed AS (
        UPDATE orders.medicine SET state = :state, state_reason = :step.reason, version = version + 1
         WHERE hospital_id = :hospital_id AND id = :medicine_id AND version = :version
        RETURNING hospital_id, id, version),
    told AS (
        INSERT INTO orders.step (hospital_id, medicine_id, id, at, kind, text, reason, actor_id)
        SELECT c.hospital_id, c.id, :step.id, :now, :step.kind, :step.text, :step.reason, :actor_id FROM changed c)
    SELECT c.version FROM changed c
""")
async def set_state(
    db: Db,
    step: NewStep,
    *,
    hospital_id: UUID,
    medicine_id: UUID,
    version: int,
    state: str,
    actor_id: UUID,
    now: datetime,
) -> int | None:
    """Hold, resume, stop or strike an order, with its line of history; None when the version has gone."""


@query("""
    WITH changed AS (
        UPDATE orders.medicine SET kind = :new.kind, route = :new.route, text = :new.text, line = :new.line::text::jsonb,
               ends_on = :new.ends_on, name = :new.name, prescribed_by = :new.actor_id, version = version + 1
         WHERE hospital_id = :new.hospital_id AND id = :new.id AND version = :version
        RETURNING hospital_id, id, version),
    told AS (
        INSERT INTO orders.step (hospital_id, medicine_id, id, at, kind, text, reason, actor_id)
        SELECT c.hospital_id, c.id, :step.id, :now, :step.kind, :step.text, :step.reason, :new.actor_id FROM changed c)
    SELECT c.version FROM changed c
""")
async def change_line(db: Db, new: NewMedicine, step: NewStep, *, version: int, now: datetime) -> int | None:
    """A new line for an order, with its line of history; None when the version has gone."""


@query("""
    SELECT m.id, m.text FROM orders.medicine m
     WHERE m.hospital_id = :hospital_id AND m.encounter_id = :encounter_id AND m.state IN ('active', 'held')
     ORDER BY m.id LIMIT 300 FOR NO KEY UPDATE
""")
async def open_of_stay(db: Db, *, hospital_id: UUID, encounter_id: UUID) -> list[OpenMedicine]:
    """The orders of a stay that are not stopped, locked. Index: medicine_encounter."""


@query("""
    WITH ended AS (
        UPDATE orders.medicine SET state = 'stopped', state_reason = :reason, version = version + 1
         WHERE hospital_id = :hospital_id AND id = ANY (:ids::uuid[]) RETURNING hospital_id, id, text)
    INSERT INTO orders.step (hospital_id, medicine_id, id, at, kind, text, reason, actor_id)
    SELECT e.hospital_id, e.id, s.id, :now, 'stopped', e.text, :reason, :actor_id
      FROM ended e JOIN unnest(:ids::uuid[], :step_ids::uuid[]) AS s (medicine_id, id) ON s.medicine_id = e.id
""")
async def stop_all(
    db: Db, *, hospital_id: UUID, ids: list[UUID], step_ids: list[UUID], reason: str, actor_id: UUID, now: datetime
) -> None:
    """Stop these orders, each with its line of history."""


@query("""
    SELECT s.at, s.kind, s.text, s.reason,
           (SELECT concat_ws(' ', nullif(f.title, ''), left(f.given, 1) || '.', f.family)
              FROM identity.staff f WHERE f.id = s.actor_id)
      FROM orders.step s
     WHERE s.hospital_id = :hospital_id AND s.medicine_id = :medicine_id ORDER BY s.at, s.id LIMIT 200
""")
async def history(db: Db, *, hospital_id: UUID, medicine_id: UUID) -> list[HistoryStep]:
    """What happened to an order, oldest first."""


@query("""
    SELECT a.rule, a.kind, a.tier, a.summary, a.source, a.reason, a.words FROM orders.alert a
     WHERE a.hospital_id = :hospital_id AND a.medicine_id = :medicine_id ORDER BY a.at, a.tier, a.id LIMIT 200
""")
async def alerts_of(db: Db, *, hospital_id: UUID, medicine_id: UUID) -> list[ShownAlert]:
    """What the checks showed at the signatures of an order. Index: alert_medicine."""


@query("""
    INSERT INTO orders.measure (hospital_id, id, person_id, kind, value, taken_at, result_id, recorded_by)
    VALUES (:patient.hospital_id, :measure_id, :patient.person_id, :kind, :value::float8, :taken_at, :result_id::uuid, :actor_id)
""")
async def insert_measure(
    db: Db,
    patient: PatientScope,
    *,
    measure_id: UUID,
    kind: str,
    value: float,
    taken_at: datetime,
    result_id: UUID | None,
    actor_id: UUID,
) -> None:
    """A weight or a creatinine; `result_id` is the laboratory's result that it follows."""


@query("""
    UPDATE orders.measure SET superseded_at = :now
     WHERE hospital_id = :patient.hospital_id AND person_id = :patient.person_id AND result_id = :result_id
       AND superseded_at IS NULL
""")
async def supersede_measure(db: Db, patient: PatientScope, *, result_id: UUID, now: datetime) -> None:
    """What a result said before does not count any more; it stays to be read. Index: measure_of_result."""


@query("""
    INSERT INTO orders.feedback (hospital_id, id, service, card, outcome, reason, words, at, actor_id)
    SELECT :hospital_id, f.id, :service, f.card, f.outcome, f.reason, f.words, :now, :actor_id
      FROM unnest(:given.ids::uuid[], :given.cards::uuid[], :given.outcomes::text[], :given.reasons::text[],
                  :given.words::text[]) AS f (id, card, outcome, reason, words)
""")
async def insert_feedback(
    db: Db, given: NewFeedback, *, hospital_id: UUID, service: str, actor_id: UUID, now: datetime
) -> None:
    """What was done with cards that another program showed."""
