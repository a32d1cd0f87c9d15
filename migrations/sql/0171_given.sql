-- The times of the drug rounds are a hospital's own. Each setting of them is a row that stays; the newest counts for what is
-- planned from then on. Without a row those count that the product ships (version 0).
CREATE TABLE mar.round_times (
    hospital_id uuid NOT NULL REFERENCES identity.hospital,
    version     int NOT NULL CHECK (version > 0),
    times       jsonb NOT NULL,
    why         text NOT NULL CHECK (length(why) BETWEEN 3 AND 500),
    changed_at  timestamptz NOT NULL,
    changed_by  uuid NOT NULL REFERENCES identity.staff,
    PRIMARY KEY (hospital_id, version)
);
SELECT platform.protect('mar.round_times'::regclass);
REVOKE UPDATE ON mar.round_times FROM wardline_app;

-- By which times an order's doses are planned, and the last dose of the same medicine by an earlier order that its interval
-- goes on from: both stay until another line of the order takes their place.
ALTER TABLE mar.plan
    ADD COLUMN times_version int NOT NULL DEFAULT 0,
    ADD COLUMN given_before  timestamptz;

-- A dose that was held back waits: what is done about it later stands in a row of its own, and the first one says so.
ALTER TABLE mar.administration DROP CONSTRAINT administration_state_check;
ALTER TABLE mar.administration ADD CONSTRAINT administration_state_check
    CHECK (state IN ('final', 'resolved', 'entered_in_error'));
ALTER TABLE mar.administration ADD CONSTRAINT administration_resolved_held CHECK (state <> 'resolved' OR action = 'held');
ALTER TABLE mar.step DROP CONSTRAINT step_kind_check;
ALTER TABLE mar.step ADD CONSTRAINT step_kind_check CHECK (kind IN (
    'recorded', 'amended', 'entered_in_error', 'effect', 'rate_changed', 'paused', 'resumed', 'stopped', 'resolved'));
CREATE INDEX dose_waits ON mar.dose (hospital_id, encounter_id, due_at) WHERE state IN ('due', 'held');
DROP INDEX mar.dose_due;  -- the same for those that are due, and smaller than both

-- A dose that was due before its order was changed and that nobody recorded does not vanish: it can be recorded as it was.
ALTER TABLE mar.dose DROP CONSTRAINT dose_state_check;
ALTER TABLE mar.dose ADD CONSTRAINT dose_state_check
    CHECK (state IN ('due', 'given', 'self', 'not_given', 'held', 'paused', 'withdrawn', 'lapsed'));
-- The task that asks for a dose ends with it, whatever becomes of the dose.
CREATE INDEX dose_asked ON mar.dose (hospital_id, task_id)
    WHERE task_id IS NOT NULL AND state IN ('due', 'paused', 'withdrawn', 'lapsed');
DROP INDEX mar.dose_task;
CREATE INDEX administration_held ON mar.administration (hospital_id, dose_id) WHERE action = 'held';

-- Another rate of an infusion is signed by a second person where giving it is.
ALTER TABLE mar.step ADD COLUMN witness_id uuid REFERENCES identity.staff;
ALTER TABLE mar.step ADD CONSTRAINT step_second_person CHECK (witness_id IS DISTINCT FROM actor_id);

-- The same row as before giving, and the patient's as-needed orders beside it: a maximum that one of them names counts every
-- dose of the drug.
CREATE TYPE mar.opening AS (giving mar.giving, needed text[]);
CREATE FUNCTION mar.open_dose(hospital uuid, dose uuid, medicine uuid) RETURNS SETOF mar.opening
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE found mar.giving;
BEGIN
    SELECT * INTO found FROM mar.open_giving(hospital, dose, medicine);
    IF found.medicine_id IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT found, (SELECT array_agg(m.line::text)
                                  FROM (SELECT o.line FROM orders.medicine o
                                         WHERE o.hospital_id = hospital AND o.person_id = found.person_id AND o.kind = 'as_needed'
                                           AND o.state = 'active' AND o.id <> found.medicine_id AND o.line ->> 'day_max' IS NOT NULL
                                         LIMIT 50) m);
END $$;
GRANT EXECUTE ON FUNCTION mar.open_dose(uuid, uuid, uuid) TO wardline_app;
