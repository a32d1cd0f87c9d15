-- Medicines given: the doses that orders make due, and what was done about each. Nothing is deleted; what was recorded is
-- amended or marked as an error, and its history stays as it was written.
CREATE SCHEMA mar;
GRANT USAGE ON SCHEMA mar TO wardline_app;

CREATE TABLE mar.plan (                      -- how far the doses of an order are made, and from which line
    hospital_id   uuid NOT NULL,
    medicine_id   uuid NOT NULL,
    order_version int NOT NULL,
    since         timestamptz NOT NULL,      -- when the line that they follow began to count
    made_until    timestamptz NOT NULL,
    PRIMARY KEY (hospital_id, medicine_id),
    FOREIGN KEY (hospital_id, medicine_id) REFERENCES orders.medicine
) WITH (fillfactor = 80);

CREATE TABLE mar.dose (                      -- one planned dose
    hospital_id  uuid NOT NULL REFERENCES identity.hospital,
    id           uuid NOT NULL,
    medicine_id  uuid NOT NULL,
    person_id    uuid NOT NULL,
    encounter_id uuid NOT NULL,
    due_at       timestamptz NOT NULL,
    since        timestamptz NOT NULL,
    amount       numeric(14,4),
    amount_to    numeric(14,4),
    unit         text NOT NULL DEFAULT '',
    critical     text NOT NULL DEFAULT '' CHECK (length(critical) <= 60),  -- why it may not wait, in words
    state        text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'given', 'self', 'not_given', 'held', 'paused', 'withdrawn')),
    task_id      uuid,
    version      int NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    created_by   uuid,
    PRIMARY KEY (hospital_id, id),
    FOREIGN KEY (hospital_id, medicine_id) REFERENCES orders.medicine,
    FOREIGN KEY (hospital_id, person_id) REFERENCES patients.registration,
    CONSTRAINT dose_once UNIQUE (hospital_id, medicine_id, due_at)         -- one due dose for an order and a time
) WITH (fillfactor = 80);
CREATE INDEX dose_person ON mar.dose (hospital_id, person_id, due_at);
CREATE INDEX dose_due ON mar.dose (hospital_id, encounter_id, due_at) WHERE state = 'due';
CREATE INDEX dose_late ON mar.dose (hospital_id, due_at) WHERE state = 'due' AND critical <> '' AND task_id IS NULL;
CREATE INDEX dose_task ON mar.dose (hospital_id, task_id) WHERE state = 'due' AND task_id IS NOT NULL;

CREATE TABLE mar.administration (            -- what was done: given, taken by the patient, not given, held back
    hospital_id    uuid NOT NULL REFERENCES identity.hospital,
    id             uuid NOT NULL,
    medicine_id    uuid NOT NULL,
    dose_id        uuid,                     -- null: as needed, or an infusion begun again
    person_id      uuid NOT NULL,
    encounter_id   uuid NOT NULL,
    action         text NOT NULL CHECK (action IN ('given', 'self', 'not_given', 'held')),
    happened_at    timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL,
    recorded_by    uuid NOT NULL REFERENCES identity.staff,
    witness_id     uuid REFERENCES identity.staff,
    amount         numeric(14,4),
    unit           text NOT NULL DEFAULT '',
    reason         text NOT NULL DEFAULT '' CHECK (length(reason) <= 40),  -- coded, of what was not given
    words          text NOT NULL DEFAULT '' CHECK (length(words) <= 500),  -- in the words of who recorded it
    timing         text NOT NULL DEFAULT 'on_time' CHECK (timing IN ('on_time', 'early', 'late')),
    site           text NOT NULL DEFAULT '' CHECK (length(site) <= 40),
    no_scan        text NOT NULL DEFAULT '' CHECK (length(no_scan) <= 40), -- why nothing was scanned
    rights         jsonb NOT NULL DEFAULT '[]',                            -- each right with its source and time
    effect         text NOT NULL DEFAULT '' CHECK (effect IN ('', 'good', 'some', 'none')),
    sent_later     boolean NOT NULL DEFAULT false,                         -- kept by a screen without a line, and sent later
    infusion       text CHECK (infusion IN ('running', 'paused', 'stopped')),
    rate           numeric(12,4),
    rate_unit      text NOT NULL DEFAULT '',
    volume_ml      numeric(10,1),            -- to be given in all
    volume_given_ml numeric(10,1),
    rate_since     timestamptz,
    ended_at       timestamptz,
    state          text NOT NULL DEFAULT 'final' CHECK (state IN ('final', 'entered_in_error')),
    version        int NOT NULL DEFAULT 1,
    created_at     timestamptz NOT NULL DEFAULT now(),
    created_by     uuid NOT NULL,
    PRIMARY KEY (hospital_id, id),
    FOREIGN KEY (hospital_id, medicine_id) REFERENCES orders.medicine,
    FOREIGN KEY (hospital_id, dose_id) REFERENCES mar.dose,
    FOREIGN KEY (hospital_id, person_id) REFERENCES patients.registration,
    CHECK (witness_id IS DISTINCT FROM recorded_by),
    CHECK (action IN ('given', 'self') OR reason <> ''),
    CHECK ((infusion IS NULL) OR action = 'given'),
    CHECK (happened_at <= recorded_at + interval '2 minutes')
) WITH (fillfactor = 80);
-- One administration of a dose that stands, and one infusion of an order that runs.
CREATE UNIQUE INDEX administration_of_dose ON mar.administration (hospital_id, dose_id) WHERE state = 'final' AND dose_id IS NOT NULL;
CREATE UNIQUE INDEX administration_running ON mar.administration (hospital_id, medicine_id) WHERE state = 'final' AND infusion IN ('running', 'paused');
CREATE INDEX administration_person ON mar.administration (hospital_id, person_id, happened_at DESC);
CREATE INDEX administration_medicine ON mar.administration (hospital_id, medicine_id, happened_at DESC);

CREATE TABLE mar.step (                      -- what happened to an administration; `before` is what it said until then
    hospital_id       uuid NOT NULL,
    administration_id uuid NOT NULL,
    id                uuid NOT NULL,
    at                timestamptz NOT NULL,
    kind              text NOT NULL CHECK (kind IN ('recorded', 'amended', 'entered_in_error', 'effect', 'rate_changed', 'paused',
                          'resumed', 'stopped')),
    happened_at       timestamptz NOT NULL,
    words             text NOT NULL DEFAULT '',
    before            jsonb,
    rate              numeric(12,4),
    rate_unit         text NOT NULL DEFAULT '',
    volume_given_ml   numeric(10,1),
    actor_id          uuid NOT NULL REFERENCES identity.staff,
    PRIMARY KEY (hospital_id, administration_id, id),
    FOREIGN KEY (hospital_id, administration_id) REFERENCES mar.administration
);

SELECT platform.protect(t) FROM unnest(ARRAY['mar.plan', 'mar.dose', 'mar.administration', 'mar.step']::regclass[]) AS t;
REVOKE UPDATE ON mar.step FROM wardline_app;

-- Orders that stood before doses were made: theirs begin now, so that nothing reads as missed that nobody was asked for.
INSERT INTO mar.plan (hospital_id, medicine_id, order_version, since, made_until)
SELECT m.hospital_id, m.id, m.version,
       coalesce((SELECT max(s.at) FROM orders.step s
                  WHERE s.hospital_id = m.hospital_id AND s.medicine_id = m.id AND s.kind = 'changed'), m.prescribed_at),
       now()
  FROM orders.medicine m WHERE m.state IN ('active', 'held');

-- All that a decision about giving rests on, in one row: the dose, its order as it stands, the patient, the stay, and who
-- was first. Begins by setting the scope, so that the lean form of giving needs two round trips.
CREATE TYPE mar.giving AS (
    dose_id uuid, medicine_id uuid, person_id uuid, encounter_id uuid, due_at timestamptz, dose_state text, dose_since timestamptz,
    version int, amount float8, amount_to float8, unit text, critical text, task_id uuid,
    order_version int, order_state text, order_reason text, name text, kind text, route text, line text, prescribed_at timestamptz,
    prescribed_by text, since timestamptz, state_at timestamptz, state_by text,
    network_number text, mrn text, family text, given text, born_on date,
    ward_id uuid, has_stay boolean, running_id uuid,
    done_id uuid, done_action text, done_at timestamptz, done_by text, weight_kg float8, other_at timestamptz,
    line_version int);
CREATE FUNCTION mar.open_giving(hospital uuid, dose uuid, medicine uuid) RETURNS SETOF mar.giving
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE wanted uuid;
BEGIN
    PERFORM set_config('app.hospital_id', hospital::text, false);
    wanted := coalesce(medicine, (SELECT d.medicine_id FROM mar.dose d WHERE d.hospital_id = hospital AND d.id = dose));
    RETURN QUERY
    SELECT d.id, m.id, m.person_id, m.encounter_id, d.due_at, d.state, d.since, d.version, d.amount::float8, d.amount_to::float8,
           d.unit, d.critical, d.task_id, m.version, m.state, m.state_reason, m.name, m.kind, m.route, m.line::text, m.prescribed_at,
           (SELECT concat_ws(' ', nullif(f.title, ''), left(f.given, 1) || '.', f.family) FROM identity.staff f WHERE f.id = m.prescribed_by),
           coalesce((SELECT max(s.at) FROM orders.step s
                      WHERE s.hospital_id = hospital AND s.medicine_id = m.id AND s.kind = 'changed'), m.prescribed_at),
           t.at, t.by, p.network_number, r.mrn, p.family, p.given, p.born_on, c.ward_id, c.encounter_id IS NOT NULL,
           (SELECT a.id FROM mar.administration a WHERE a.hospital_id = hospital AND a.medicine_id = m.id
                      AND a.state = 'final' AND a.infusion IN ('running', 'paused')),
           n.id, n.action, n.happened_at, n.by,
           (SELECT w.value::float8 FROM orders.measure w
             WHERE w.hospital_id = hospital AND w.person_id = m.person_id AND w.kind = 'weight_kg'
             ORDER BY w.taken_at DESC, w.created_at DESC LIMIT 1),
           (SELECT max(a.happened_at) FROM mar.administration a
             WHERE a.hospital_id = hospital AND a.medicine_id = m.id AND a.state = 'final' AND a.action IN ('given', 'self')
               AND a.dose_id IS DISTINCT FROM d.id),
           (SELECT count(*)::int FROM orders.step s  -- each step is a version
             WHERE s.hospital_id = hospital AND s.medicine_id = m.id
               AND s.at <= (SELECT max(c.at) FROM orders.step c
                             WHERE c.hospital_id = hospital AND c.medicine_id = m.id AND c.kind = 'changed'))
      FROM orders.medicine m
      JOIN patients.person p ON p.id = m.person_id
      JOIN patients.registration r ON r.hospital_id = m.hospital_id AND r.person_id = m.person_id
      LEFT JOIN mar.dose d ON d.hospital_id = m.hospital_id AND d.id = dose AND d.medicine_id = m.id
      LEFT JOIN encounters.current c ON c.hospital_id = m.hospital_id AND c.encounter_id = m.encounter_id
      LEFT JOIN LATERAL (
           SELECT s.at, concat_ws(' ', nullif(f.title, ''), left(f.given, 1) || '.', f.family) AS by
             FROM orders.step s LEFT JOIN identity.staff f ON f.id = s.actor_id
            WHERE m.state <> 'active' AND s.hospital_id = m.hospital_id AND s.medicine_id = m.id
            ORDER BY s.at DESC, s.id DESC LIMIT 1) t ON true
      LEFT JOIN LATERAL (
           SELECT a.id, a.action, a.happened_at, left(f.given, 1) || '. ' || f.family AS by
             FROM mar.administration a JOIN identity.staff f ON f.id = a.recorded_by
            WHERE a.hospital_id = hospital AND a.dose_id = d.id AND a.state = 'final') n ON true
     WHERE m.hospital_id = hospital AND m.id = wanted AND (dose IS NULL OR d.id IS NOT NULL);
END $$;
GRANT EXECUTE ON FUNCTION mar.open_giving(uuid, uuid, uuid) TO wardline_app;
