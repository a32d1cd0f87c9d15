"""SQL of the vitals schema. Every statement names the hospital; row-level security is the second wall."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from wardline.encounters.public import KEEP, OBSERVED_ROW, Observed, ObservedStay
from wardline.identity.public import WardScope
from wardline.patients.public import BANNER, OF_PATIENT, OPENING, BannerRow, PatientScope
from wardline.platform.db import Db, Effect, effect, query
from wardline.vitals.models import ObservationRow, RiskRow, Signs, StoredSet


class NewSet(Struct, frozen=True, kw_only=True):
    """A set ready to be stored, with the score as it stands with it."""

    hospital_id: UUID
    id: UUID
    person_id: UUID
    encounter_id: UUID
    taken_at: datetime
    entered_at: datetime | None
    recorded_by: UUID | None
    news_score: int | None
    news_signs: int
    news_band: str | None
    confirmed: list[str]


class Cursor(Struct, frozen=True):
    """The last set of a page."""

    taken_at: datetime
    id: UUID


INTO_SETS = """
    INSERT INTO vitals.observation_set (hospital_id, id, person_id, encounter_id, taken_at, recorded_at, recorded_by,
        respiration_per_min, spo2_percent, spo2_scale, on_oxygen, oxygen_l_per_min, oxygen_device, systolic_mmhg,
        diastolic_mmhg, pulse_per_min, consciousness, temperature_celsius, news_score, news_signs, news_band, confirmed,
        entered_at, created_at, created_by)
"""
# Cast where a place has no column to take its type from.
VALUES = """
        :new.hospital_id, :new.id, :new.person_id, :new.encounter_id, :new.taken_at, :now, :new.recorded_by,
        :signs.respiration_per_min, :signs.spo2_percent, :signs.spo2_scale, :signs.on_oxygen, :signs.oxygen_l_per_min,
        :signs.oxygen_device, :signs.systolic_mmhg, :signs.diastolic_mmhg, :signs.pulse_per_min, :signs.consciousness,
        :signs.temperature_celsius, :new.news_score, :new.news_signs, :new.news_band, :new.confirmed,
        :new.entered_at, :now, :new.recorded_by
"""


@query(f"{INTO_SETS} VALUES ({VALUES})")
async def insert_set(db: Db, new: NewSet, signs: Signs, *, now: datetime) -> None:
    """One set as taken."""


@effect(
    f"WITH kept AS ({KEEP} AND version = :stay.version RETURNING 1),"  # noqa: S608 - texts of the code's own
    f" done AS ({INTO_SETS} SELECT {VALUES} FROM kept RETURNING 1)"
)
def put_set(*, new: NewSet, signs: Signs, seen: Observed, stay: ObservedStay, now: datetime) -> Effect:
    """The set, and the stay's row if it is still the one that was read."""


@query("SELECT o.* FROM vitals.open_save(:hospital_id, :person_id) o", opens=True)
async def open_save(db: Db, *, hospital_id: UUID, person_id: UUID) -> ObservedStay | None:
    """The stay that a set is saved to; None without an open one. Index: current_person."""


@query("""
    SELECT id, taken_at, recorded_at, respiration_per_min, spo2_percent, spo2_scale, on_oxygen, oxygen_l_per_min,
           oxygen_device, systolic_mmhg, diastolic_mmhg, pulse_per_min, consciousness, temperature_celsius, news_score,
           news_signs, news_band, recorded_by
      FROM vitals.observation_set
     WHERE hospital_id = :hospital_id AND encounter_id = :encounter_id AND state = 'final'
     ORDER BY taken_at DESC, recorded_at DESC
     LIMIT 1000
""")
async def sets_of_encounter(db: Db, *, hospital_id: UUID, encounter_id: UUID) -> list[StoredSet]:
    """All valid sets of a stay, newest first, to work the score out again. Index: observation_set_encounter."""


@query("""
    UPDATE vitals.observation_set s
       SET news_score = n.score, news_signs = n.signs, news_band = n.band, version = s.version + 1
      FROM unnest(:ids::uuid[], :taken_at::timestamptz[], :scores::int[], :signs::int[], :bands::text[])
           AS n (id, taken_at, score, signs, band)
     WHERE s.hospital_id = :hospital_id AND s.id = n.id AND s.taken_at = n.taken_at
""")
async def rescore_sets(
    db: Db,
    *,
    hospital_id: UUID,
    ids: list[UUID],
    taken_at: list[datetime],
    scores: list[int | None],
    signs: list[int],
    bands: list[str | None],
) -> None:
    """The scores as they stand after a late or a mistaken set."""


OBSERVATION = """
    SELECT o.id, o.person_id, o.encounter_id, o.taken_at, o.recorded_at,
           CASE WHEN s.id IS NOT NULL THEN concat_ws(', ', left(s.given, 1) || '. ' || s.family, nullif(s.post_nominal, '')) END,
           CASE WHEN s.id IS NOT NULL THEN left(s.given, 1) || left(s.family, 1) END,
           o.respiration_per_min, o.spo2_percent, o.spo2_scale, o.on_oxygen, o.oxygen_l_per_min, o.oxygen_device,
           o.systolic_mmhg, o.diastolic_mmhg, o.pulse_per_min, o.consciousness, o.temperature_celsius, o.news_score,
           o.news_signs, o.news_band, coalesce(o.confirmed, '{}'), o.state, o.error_reason, o.version
      FROM vitals.observation_set o
      LEFT JOIN identity.staff s ON s.id = o.recorded_by
"""


class ChartRow(BannerRow):
    """The banner's columns, then what the newest chart shows; `seen_before` says that there may be older sets."""

    isolation: str | None
    observed: tuple[Any, ...] | None
    scale_by: str | None
    seen_before: bool
    sets: list[tuple[Any, ...]] | None


_CHART = f"""{BANNER},
           (SELECT c.isolation FROM encounters.current c
             WHERE c.hospital_id = r.hospital_id AND c.person_id = r.person_id AND c.class <> 'outpatient' LIMIT 1),
           ({OBSERVED_ROW}),
           (SELECT concat_ws(', ', concat_ws(' ', nullif(s.title, ''), left(s.given, 1) || '.', s.family), nullif(s.post_nominal, ''))
              FROM encounters.current c JOIN identity.staff s ON s.id = c.spo2_scale_by
             WHERE c.hospital_id = r.hospital_id AND c.person_id = r.person_id AND c.class <> 'outpatient' LIMIT 1),
           EXISTS (SELECT 1 FROM encounters.encounter e
                    WHERE e.hospital_id = :patient.hospital_id AND e.person_id = :patient.person_id AND e.started_at < :since),
           (SELECT array_agg(ROW(z.*)::vitals.chart_set ORDER BY z.taken_at DESC, z.id DESC) FROM ({OBSERVATION}
             WHERE o.hospital_id = :patient.hospital_id AND o.person_id = :patient.person_id AND o.taken_at >= :since::timestamptz
               AND o.taken_at < now() + interval '1 day'
             ORDER BY o.taken_at DESC, o.id DESC LIMIT :limit) z)
    {OF_PATIENT}"""  # noqa: S608 - texts of the code's own


@query(_CHART)
async def newest_chart(db: Db, patient: PatientScope, *, since: datetime, limit: int) -> ChartRow:
    """The newest sets with all that the chart's page shows beside them, in one round trip. Index: observation_set_person."""


class OpenedChart(ChartRow):
    """The newest chart with the version of the page's topic."""

    topic_version: int | None


@query(
    f"""SELECT x.*, o.topic_version {OPENING}
      LEFT JOIN LATERAL ({_CHART.replace(":patient.", ":")} AND o.hospital_id = :hospital_id OFFSET 0) x ON true""",
    opens=True,
)
async def open_chart(
    db: Db, *, hospital_id: UUID, person_id: UUID, topic: str, since: datetime, limit: int
) -> OpenedChart | None:
    """The same when the person is registered at this hospital: scope, access, version and rows in one round trip."""


@query(
    OBSERVATION
    + """
     WHERE o.hospital_id = :patient.hospital_id AND o.person_id = :patient.person_id
       AND (o.taken_at, o.id) < (:before.taken_at::timestamptz, :before.id::uuid)
     ORDER BY o.taken_at DESC, o.id DESC
     LIMIT :limit
"""
)
async def sets_of_patient(db: Db, patient: PatientScope, *, before: Cursor, limit: int) -> list[ObservationRow]:
    """Newest first, mistaken ones included and marked. Index: observation_set_person."""


@query(
    OBSERVATION
    + """
     WHERE o.hospital_id = :patient.hospital_id AND o.person_id = :patient.person_id AND o.taken_at >= :since
       AND o.taken_at < now() + interval '1 day' AND o.state = 'final'
     ORDER BY o.taken_at DESC, o.id DESC
     LIMIT 400
"""
)
async def sets_since(db: Db, patient: PatientScope, *, since: datetime) -> list[ObservationRow]:
    """Valid sets for drawings, newest first. Index: observation_set_person."""


@query("""
    SELECT concat_ws(', ', concat_ws(' ', nullif(title, ''), left(given, 1) || '.', family), nullif(post_nominal, ''))
      FROM identity.staff WHERE id = :staff_id
""")
async def name_of(db: Db, *, staff_id: UUID) -> str | None:
    """How a member of staff is named on a chart."""


@query(OBSERVATION + "WHERE o.hospital_id = :hospital_id AND o.id = :set_id LIMIT 1")
async def observation(db: Db, *, hospital_id: UUID, set_id: UUID) -> ObservationRow | None:
    """One set of the hospital, mistaken or not."""


@query(
    "SELECT o.entered_at FROM vitals.observation_set o WHERE o.hospital_id = :hospital_id AND o.id = :set_id LIMIT 1"
)
async def entered_at(db: Db, *, hospital_id: UUID, set_id: UUID) -> datetime | None:
    """When a set was entered that was sent later; None for one that was sent at once. Index: the primary key."""


@query("""
    UPDATE vitals.observation_set
       SET state = 'entered_in_error', error_reason = :reason, version = version + 1
     WHERE hospital_id = :hospital_id AND id = :set_id AND taken_at = :taken_at AND state = 'final' AND version = :version
    RETURNING id
""")
async def mark_as_error(
    db: Db, *, hospital_id: UUID, set_id: UUID, taken_at: datetime, reason: str, version: int
) -> UUID | None:
    """Marks a set as entered in error if it is still as it was read."""


@query("""
    SELECT c.encounter_id, c.person_id, p.family, p.given, p.sex, p.born_on, c.bed_label, c.news_score, c.news_signs,
           c.news_band, c.news_at, c.news_history, c.news_history_at, c.observations_due_at
      FROM encounters.current c
      JOIN patients.person p ON p.id = c.person_id
     WHERE c.hospital_id = :ward.hospital_id AND c.ward_id = :ward.id
     ORDER BY CASE c.news_band WHEN 'high' THEN 0 WHEN 'medium' THEN 1 WHEN 'low_medium' THEN 2 ELSE 3 END,
              c.news_score DESC NULLS LAST, c.observations_due_at NULLS FIRST, c.bed_label
     LIMIT 200
""")
async def risk_of_ward(db: Db, ward: WardScope) -> list[RiskRow]:
    """Who is sickest first; people without a score stand last and are named as such. Index: current_ward."""
