"""The SQL that counts a hospital's days. Each measure says what a day's numerator and denominator are; days without a case
are stored as 0 of 0, so that it is known that they were counted."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.
# ruff: noqa: S608 - statements are made of the parts written here; values are bound

from datetime import date
from uuid import UUID

from wardline.platform.db import Db, query

STAY_BUCKET_HOURS, STAY_BUCKETS = 12, 61
CLEANING_BUCKET_MINUTES, CLEANING_BUCKETS = 10, 25

_DAYS = """
    WITH day AS MATERIALIZED (
        SELECT d::date AS day_on, d AT TIME ZONE :zone AS from_at, (d + interval '1 day') AT TIME ZONE :zone AS upto_at
          FROM generate_series(:from_on::date::timestamp, :upto_on::date::timestamp, interval '1 day') d),
"""


def _counted(measure: str, facts: str) -> str:
    """The whole statement: `facts` ends in a table expression named fact (day_on, numerator, denominator, buckets)."""
    return f"""{_DAYS} {facts}
    INSERT INTO analytics.day_fact AS f (hospital_id, measure, day_on, numerator, denominator, buckets)
    SELECT :hospital_id, '{measure}', day.day_on, coalesce(fact.numerator, 0), coalesce(fact.denominator, 0),
           coalesce(fact.buckets, '{{}}')
      FROM day LEFT JOIN fact USING (day_on)
    ON CONFLICT (hospital_id, measure, day_on) DO UPDATE
       SET numerator = excluded.numerator, denominator = excluded.denominator, buckets = excluded.buckets, as_of = now()
    """


def _bucketed(count: int) -> str:
    """From one_case (day_on, width, bucket) the table fact, with how many cases fall into each bucket."""
    return f"""
    fact AS (
        SELECT c.day_on, sum(c.width) AS numerator, count(*) AS denominator,
               ARRAY(SELECT count(x.bucket)::int FROM generate_series(1, {count}) AS b (n)
                       LEFT JOIN one_case x ON x.bucket = b.n AND x.day_on = c.day_on GROUP BY b.n ORDER BY b.n) AS buckets
          FROM one_case c GROUP BY c.day_on)
    """


# Nobody else gets a bed; and only these are found by when they began or ended.
_IS_STAY = "e.class IN ('inpatient', 'emergency', 'day_case')"
_IN_A_BED = "EXISTS (SELECT 1 FROM beds.occupancy o WHERE o.hospital_id = e.hospital_id AND o.encounter_id = e.id)"


@query(
    _counted(
        "full",
        """
    beds AS (SELECT count(*) AS beds FROM beds.bed b JOIN identity.ward w ON w.hospital_id = b.hospital_id AND w.id = b.ward_id
              WHERE b.hospital_id = :hospital_id AND b.active AND w.active),
    fact AS (
        SELECT d.day_on, '{}'::int[] AS buckets,
               coalesce(sum(extract(epoch FROM least(o.ended_at, d.upto_at, now()) - greatest(o.started_at, d.from_at)))
                        FILTER (WHERE o.bed_id IS NOT NULL), 0) AS numerator,
               (SELECT beds FROM beds) * extract(epoch FROM least(d.upto_at, now()) - d.from_at) AS denominator
          FROM day d LEFT JOIN beds.occupancy o ON o.hospital_id = :hospital_id AND o.started_at < least(d.upto_at, now())
                                               AND (o.ended_at IS NULL OR o.ended_at > d.from_at)
         GROUP BY d.day_on, d.from_at, d.upto_at)
""",
    )
)
async def count_full(db: Db, *, hospital_id: UUID, zone: str, from_on: date, upto_on: date) -> None:
    """Seconds in which beds were taken, of all seconds of all beds. A day without anybody counts nothing: least() and
    greatest() pass over a missing row's nulls and would make it a whole day."""


@query(
    _counted(
        "waiting",
        """
    wait AS (
        SELECT e.started_at, least(o.first_at, e.ended_at, now()) AS out_at
          FROM encounters.encounter e
          LEFT JOIN LATERAL (SELECT min(o.started_at) AS first_at FROM beds.occupancy o
                              WHERE o.hospital_id = e.hospital_id AND o.encounter_id = e.id) o ON true
         WHERE e.hospital_id = :hospital_id AND e.class IN ('inpatient', 'emergency', 'day_case')
           AND e.state IN ('in_progress', 'finished') AND o.first_at IS NOT NULL
           AND e.started_at >= (SELECT min(from_at) - interval '14 days' FROM day)
           AND e.started_at < (SELECT max(upto_at) FROM day)),
    fact AS (
        SELECT d.day_on, '{}'::int[] AS buckets,
               coalesce(sum(extract(epoch FROM least(w.out_at, d.upto_at) - greatest(w.started_at, d.from_at)))
                        FILTER (WHERE w.started_at IS NOT NULL), 0) AS numerator,
               extract(epoch FROM least(d.upto_at, now()) - d.from_at) AS denominator
          FROM day d LEFT JOIN wait w ON w.started_at < d.upto_at AND w.out_at > d.from_at
         GROUP BY d.day_on, d.from_at, d.upto_at)
""",
    )
)
async def count_waiting(db: Db, *, hospital_id: UUID, zone: str, from_on: date, upto_on: date) -> None:
    """Seconds that patients who got a bed had waited for it, of the seconds of the day: how many waited on
    average. Index: encounter_started."""


@query(
    _counted(
        "emergency",
        """
    out_of AS (
        SELECT e.started_at, least((SELECT min(o.started_at) FROM beds.occupancy o
                                     WHERE o.hospital_id = e.hospital_id AND o.encounter_id = e.id), e.ended_at) AS out_at
          FROM encounters.encounter e
         WHERE e.hospital_id = :hospital_id AND e.class = 'emergency' AND e.state IN ('in_progress', 'finished')
           AND e.started_at >= (SELECT min(from_at) - interval '7 days' FROM day)
           AND e.started_at < (SELECT max(upto_at) FROM day)),
    fact AS (
        SELECT d.day_on, '{}'::int[] AS buckets, count(*) AS denominator,
               count(*) FILTER (WHERE x.out_at <= x.started_at + interval '4 hours') AS numerator
          FROM day d JOIN out_of x ON x.out_at >= d.from_at AND x.out_at < d.upto_at GROUP BY d.day_on)
""",
    )
)
async def count_emergency(db: Db, *, hospital_id: UUID, zone: str, from_on: date, upto_on: date) -> None:
    """Who left the emergency department, for a bed or for home, within 4 h, of all who left it that day. Index:
    encounter_started."""


@query(
    _counted(
        "noon",
        f"""
    fact AS (
        SELECT d.day_on, '{{}}'::int[] AS buckets, count(*) AS denominator,
               count(*) FILTER (WHERE e.ended_at < d.from_at + interval '12 hours') AS numerator
          FROM day d JOIN encounters.encounter e ON e.hospital_id = :hospital_id AND e.ended_at >= d.from_at
                                                AND e.ended_at < d.upto_at
         WHERE e.state = 'finished' AND {_IS_STAY} AND e.discharged_to IS DISTINCT FROM 'died' AND {_IN_A_BED}
         GROUP BY d.day_on)
""",
    )
)
async def count_noon(db: Db, *, hospital_id: UUID, zone: str, from_on: date, upto_on: date) -> None:
    """Who left a bed before noon, of all who left one alive. Index: encounter_ended."""


@query(
    _counted(
        "stay",
        f"""
    one_case AS (
        SELECT d.day_on, extract(epoch FROM e.ended_at - e.started_at) / 86400 AS width,
               floor(least(extract(epoch FROM e.ended_at - e.started_at) / 3600 / {STAY_BUCKET_HOURS},
                           {STAY_BUCKETS - 1}))::int + 1 AS bucket
          FROM day d JOIN encounters.encounter e ON e.hospital_id = :hospital_id AND e.ended_at >= d.from_at
                                                AND e.ended_at < d.upto_at
         WHERE e.state = 'finished' AND {_IS_STAY} AND {_IN_A_BED}),
    {_bucketed(STAY_BUCKETS)}
""",
    )
)
async def count_stay(db: Db, *, hospital_id: UUID, zone: str, from_on: date, upto_on: date) -> None:
    """Days from coming to leaving, of those who had a bed. Index: encounter_ended."""


@query(
    _counted(
        "cleaning",
        f"""
    done AS (
        SELECT d.day_on, extract(epoch FROM n.at - (SELECT max(b.at) FROM beds.bed_event b
                 WHERE b.hospital_id = n.hospital_id AND b.bed_id = n.bed_id AND b.at < n.at
                   AND b.kind IN ('left', 'cleaning_started', 'reopened'))) / 60 AS width
          FROM day d JOIN beds.bed_event n ON n.hospital_id = :hospital_id AND n.kind = 'cleaning_done'
                                          AND n.at >= d.from_at AND n.at < d.upto_at),
    one_case AS (
        SELECT day_on, width, floor(least(width / {CLEANING_BUCKET_MINUTES}, {CLEANING_BUCKETS - 1}))::int + 1 AS bucket
          FROM done WHERE width IS NOT NULL),
    {_bucketed(CLEANING_BUCKETS)}
""",
    )
)
async def count_cleaning(db: Db, *, hospital_id: UUID, zone: str, from_on: date, upto_on: date) -> None:
    """Minutes from leaving a bed, or from the start of cleaning, until it is ready. Index: bed_event_cleaned."""


def _calls(measure: str, priority: str, minutes: int) -> str:
    """Escalations of one priority that somebody took on in time, of those taken on or older than that."""
    return _counted(
        measure,
        f"""
    call AS (
        SELECT t.created_at, t.acknowledged_at,
               coalesce((SELECT max(s.at) FROM tasks.step s WHERE s.hospital_id = t.hospital_id AND s.task_id = t.id
                            AND s.kind IN ('created', 'raised')), t.created_at) AS called_at
          FROM tasks.task t
         WHERE t.hospital_id = :hospital_id AND t.kind = 'escalation' AND t.priority = '{priority}'
           AND t.created_at >= (SELECT min(from_at) FROM day)
           AND (t.state <> 'cancelled' OR t.acknowledged_at IS NOT NULL)),
    fact AS (
        SELECT d.day_on, '{{}}'::int[] AS buckets, count(*) AS denominator,
               count(*) FILTER (WHERE c.acknowledged_at <= c.called_at + interval '{minutes} minutes') AS numerator
          FROM day d JOIN call c ON c.created_at >= d.from_at AND c.created_at < d.upto_at
         WHERE c.acknowledged_at IS NOT NULL OR c.called_at < now() - interval '{minutes} minutes'
         GROUP BY d.day_on)
""",
    )


@query(_calls("news", "critical", 30))
async def count_news(db: Db, *, hospital_id: UUID, zone: str, from_on: date, upto_on: date) -> None:
    """Calls at NEWS 7 or more that somebody took on within 30 min. Index: task_created."""


@query(_calls("urgent", "urgent", 60))
async def count_urgent(db: Db, *, hospital_id: UUID, zone: str, from_on: date, upto_on: date) -> None:
    """Calls at NEWS 5 or 6, or 3 in one sign, that somebody took on within an hour. Index: task_created."""


@query(
    _counted(
        "observations",
        """
    seen AS (
        SELECT v.encounter_id, v.taken_at,
               v.taken_at + CASE WHEN v.news_score = 0 AND v.news_band = 'low' THEN :no_rise_minutes::int
                                 WHEN v.news_band = 'low' THEN :low_minutes::int
                                 WHEN v.news_band = 'low_medium' THEN :single_minutes::int
                                 WHEN v.news_band = 'medium' THEN :medium_minutes::int
                                 WHEN v.news_band = 'high' THEN :high_minutes::int
                                 ELSE :incomplete_minutes::int END * interval '1 minute' AS due_at,
               lead(v.taken_at) OVER (PARTITION BY v.encounter_id ORDER BY v.taken_at) AS next_at
          FROM vitals.observation_set v
         WHERE v.hospital_id = :hospital_id AND v.state = 'final'
           AND v.taken_at >= (SELECT min(from_at) - interval '1 day' FROM day)
           AND v.taken_at < (SELECT max(upto_at) + interval '1 day' FROM day)),
    fact AS (
        SELECT d.day_on, '{}'::int[] AS buckets, count(*) AS denominator,
               count(*) FILTER (WHERE s.next_at <= s.due_at + interval '15 minutes') AS numerator
          FROM day d JOIN seen s ON s.due_at >= d.from_at AND s.due_at < d.upto_at
          JOIN encounters.encounter e ON e.hospital_id = :hospital_id AND e.id = s.encounter_id
           AND e.class IN ('inpatient', 'emergency', 'day_case')
           AND (e.state = 'in_progress' OR e.ended_at > s.due_at)
         WHERE s.next_at IS NOT NULL OR s.due_at < now() - interval '15 minutes'
         GROUP BY d.day_on)
""",
    )
)
async def count_observations(
    db: Db,
    *,
    hospital_id: UUID,
    zone: str,
    from_on: date,
    upto_on: date,
    no_rise_minutes: int,
    low_minutes: int,
    single_minutes: int,
    medium_minutes: int,
    high_minutes: int,
    incomplete_minutes: int,
) -> None:
    """Sets that came when the set before asked for them, at most 15 min late, of all that fell due during a stay."""
