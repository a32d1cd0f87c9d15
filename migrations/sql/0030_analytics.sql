-- Measures of each hospital, day by day: counts and sums, no patient. A day that is over is counted once more on the next
-- day and then stays. A week is any seven days, so "last 7 days" is whole at every hour.
CREATE SCHEMA analytics;
GRANT USAGE ON SCHEMA analytics TO wardline_app;

CREATE TABLE analytics.day_fact (
    hospital_id uuid NOT NULL REFERENCES identity.hospital,
    measure     text NOT NULL,
    day_on      date NOT NULL,                     -- in the hospital's own time zone
    numerator   double precision NOT NULL,
    denominator double precision NOT NULL,
    buckets     int[] NOT NULL DEFAULT '{}',       -- for medians: how many cases of each width, the last one open
    as_of       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (hospital_id, measure, day_on)
);
SELECT platform.protect('analytics.day_fact');

-- The last 13 weeks of several hospitals, week 0 being the seven days up to today. Enters the scope of one hospital after
-- the other, so row-level security holds for each; the caller has checked that all are within reach.
CREATE FUNCTION analytics.weekly(hospital_ids uuid[])
RETURNS TABLE (hospital_id uuid, measure text, weeks_ago int, numerator double precision, denominator double precision,
               buckets bigint[], as_of timestamptz)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE one record; scope_before text := current_setting('app.hospital_id', true);
BEGIN
    FOR one IN SELECT h.id, (now() AT TIME ZONE h.time_zone)::date AS today FROM identity.hospital h WHERE h.id = ANY(hospital_ids) LOOP
        PERFORM set_config('app.hospital_id', one.id::text, true);
        RETURN QUERY
        WITH fact AS (
            SELECT f.measure, (one.today - f.day_on) / 7 AS week, f.numerator, f.denominator, f.buckets, f.as_of
              FROM analytics.day_fact f
             WHERE f.hospital_id = one.id AND f.day_on > one.today - 91 AND f.day_on <= one.today),
        bucket AS (
            SELECT f.measure, f.week, b.at, sum(b.cases) AS cases
              FROM fact f CROSS JOIN LATERAL unnest(f.buckets) WITH ORDINALITY AS b (cases, at) GROUP BY 1, 2, 3),
        widths AS (SELECT b.measure, b.week, array_agg(b.cases ORDER BY b.at) AS buckets FROM bucket b GROUP BY 1, 2),
        week AS (
            SELECT f.measure, f.week, sum(f.numerator) AS numerator, sum(f.denominator) AS denominator, max(f.as_of) AS as_of
              FROM fact f GROUP BY 1, 2)
        SELECT one.id, k.measure, k.week, k.numerator, k.denominator, coalesce(w.buckets, '{}'), k.as_of
          FROM week k LEFT JOIN widths w USING (measure, week);
    END LOOP;
    PERFORM set_config('app.hospital_id', coalesce(scope_before, ''), true);
END $$;

-- The same hospitals at this moment.
CREATE FUNCTION analytics.at_this_moment(hospital_ids uuid[])
RETURNS TABLE (hospital_id uuid, beds int, occupied int, waiting int, waiting_long int)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE one uuid; scope_before text := current_setting('app.hospital_id', true);
BEGIN
    FOREACH one IN ARRAY hospital_ids LOOP
        PERFORM set_config('app.hospital_id', one::text, true);
        RETURN QUERY
        SELECT one,
               (SELECT count(*)::int FROM beds.bed b JOIN identity.ward w ON w.hospital_id = b.hospital_id AND w.id = b.ward_id
                 WHERE b.hospital_id = one AND b.active AND w.active),
               (SELECT count(*)::int FROM beds.occupancy o WHERE o.hospital_id = one AND o.ended_at IS NULL),
               count(*) FILTER (WHERE c.bed_id IS NULL AND c.class IN ('inpatient', 'emergency', 'day_case'))::int,
               count(*) FILTER (WHERE c.bed_id IS NULL AND c.class IN ('inpatient', 'emergency', 'day_case')
                                  AND c.started_at < now() - interval '4 hours')::int
          FROM encounters.current c WHERE c.hospital_id = one;
    END LOOP;
    PERFORM set_config('app.hospital_id', coalesce(scope_before, ''), true);
END $$;
GRANT EXECUTE ON FUNCTION analytics.weekly(uuid[]), analytics.at_this_moment(uuid[]) TO wardline_app;

-- What counting a day looks for.
CREATE INDEX encounter_started ON encounters.encounter (hospital_id, started_at);
CREATE INDEX encounter_ended ON encounters.encounter (hospital_id, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX occupancy_ended ON beds.occupancy (hospital_id, ended_at);
CREATE INDEX bed_event_cleaned ON beds.bed_event (hospital_id, at) WHERE kind = 'cleaning_done';
CREATE INDEX task_created ON tasks.task (hospital_id, created_at) WHERE kind = 'escalation';

-- The list of staff: by name, with every role ever held, and when each was last seen.
CREATE INDEX staff_order ON identity.staff (lower(family), lower(given), id);
CREATE INDEX assignment_person ON identity.assignment (staff_id);
CREATE INDEX session_person ON identity.session (staff_id, seen_at DESC);
