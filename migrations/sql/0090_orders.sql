-- Medicines that are prescribed, what happened to each, what the checks showed at the signature, and the patient's numbers
-- that dosing rests on. Nothing is deleted.
CREATE SCHEMA orders;
GRANT USAGE ON SCHEMA orders TO wardline_app;

CREATE TABLE orders.medicine (
    hospital_id   uuid NOT NULL REFERENCES identity.hospital,
    id            uuid NOT NULL,
    person_id     uuid NOT NULL,
    encounter_id  uuid NOT NULL,
    name          text NOT NULL CHECK (length(name) BETWEEN 1 AND 300),  -- as the drug table writes it
    kind          text NOT NULL CHECK (kind IN ('scheduled', 'as_needed', 'once', 'infusion', 'taper')),
    route         text NOT NULL,
    text          text NOT NULL CHECK (length(text) BETWEEN 1 AND 1000), -- the line as it would be typed
    line          jsonb NOT NULL,                        -- the same, structured
    state         text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'held', 'stopped', 'entered_in_error')),
    state_reason  text NOT NULL DEFAULT '',
    ends_on       date,
    prescribed_at timestamptz NOT NULL DEFAULT now(),
    prescribed_by uuid NOT NULL REFERENCES identity.staff,
    version       int NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL DEFAULT now(),
    created_by    uuid NOT NULL,
    PRIMARY KEY (hospital_id, id),
    FOREIGN KEY (hospital_id, encounter_id) REFERENCES encounters.encounter,
    FOREIGN KEY (hospital_id, person_id) REFERENCES patients.registration,
    CHECK (state IN ('active', 'stopped') OR state_reason <> '')
) WITH (fillfactor = 80);
CREATE INDEX medicine_person ON orders.medicine (hospital_id, person_id, prescribed_at DESC);
CREATE INDEX medicine_encounter ON orders.medicine (hospital_id, encounter_id) WHERE state IN ('active', 'held');

-- A stopped or mistaken order does not come back to life: the prescriber writes a new one.
CREATE FUNCTION orders.guard_state() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF OLD.state = 'entered_in_error' OR (OLD.state = 'stopped' AND NEW.state <> 'entered_in_error') THEN
        RAISE EXCEPTION 'a medicine cannot go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'medicine_state_order';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER medicine_state_order BEFORE UPDATE ON orders.medicine
    FOR EACH ROW EXECUTE FUNCTION orders.guard_state();

CREATE TABLE orders.step (                               -- one line of an order's history
    hospital_id uuid NOT NULL,
    medicine_id uuid NOT NULL,
    id          uuid NOT NULL,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind        text NOT NULL CHECK (kind IN ('prescribed', 'changed', 'held', 'resumed', 'stopped', 'entered_in_error')),
    text        text NOT NULL,                           -- the line from this step on
    reason      text NOT NULL DEFAULT '',
    actor_id    uuid,
    PRIMARY KEY (hospital_id, medicine_id, id),
    FOREIGN KEY (hospital_id, medicine_id) REFERENCES orders.medicine
);

CREATE TABLE orders.alert (                              -- what the checks showed when an order was signed
    hospital_id uuid NOT NULL,
    id          uuid NOT NULL,
    medicine_id uuid NOT NULL,
    rule        text NOT NULL,
    kind        text NOT NULL,
    tier        smallint NOT NULL CHECK (tier BETWEEN 0 AND 3),          -- 0: a check that could not run
    summary     text NOT NULL,
    source      text NOT NULL,
    reason      text CHECK (reason IN ('benefit_outweighs', 'tolerated', 'specialist', 'not_applicable', 'confirmed')),
    words       text NOT NULL DEFAULT '',
    at          timestamptz NOT NULL DEFAULT now(),
    actor_id    uuid NOT NULL,
    PRIMARY KEY (hospital_id, id),
    FOREIGN KEY (hospital_id, medicine_id) REFERENCES orders.medicine,
    CHECK (tier <> 1 OR reason IS NOT NULL)              -- nobody goes past tier 1 without saying why
);
CREATE INDEX alert_medicine ON orders.alert (hospital_id, medicine_id);
CREATE INDEX alert_rule ON orders.alert (hospital_id, at DESC, rule);

CREATE TABLE orders.measure (                            -- weight and creatinine, as dosing needs them
    hospital_id uuid NOT NULL REFERENCES identity.hospital,
    id          uuid NOT NULL,
    person_id   uuid NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('weight_kg', 'creatinine_umol_per_l')),
    value       numeric(7,2) NOT NULL,
    taken_at    timestamptz NOT NULL,
    recorded_by uuid NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (hospital_id, id),
    FOREIGN KEY (hospital_id, person_id) REFERENCES patients.registration,
    CHECK (CASE kind WHEN 'weight_kg' THEN value BETWEEN 0.2 AND 500 ELSE value BETWEEN 5 AND 3000 END)
);
CREATE INDEX measure_newest ON orders.measure (hospital_id, person_id, kind, taken_at DESC, created_at DESC);

CREATE TABLE orders.feedback (                           -- what another program's user did with a card (CDS Hooks)
    hospital_id uuid NOT NULL REFERENCES identity.hospital,
    id          uuid NOT NULL,
    service     text NOT NULL,
    card        uuid NOT NULL,
    outcome     text NOT NULL CHECK (outcome IN ('accepted', 'overridden')),
    reason      text NOT NULL DEFAULT '',
    words       text NOT NULL DEFAULT '',
    at          timestamptz NOT NULL DEFAULT now(),
    actor_id    uuid NOT NULL,
    PRIMARY KEY (hospital_id, id)
);
CREATE INDEX feedback_at ON orders.feedback (hospital_id, at DESC);

SELECT platform.protect(t)
  FROM unnest(ARRAY['orders.medicine', 'orders.step', 'orders.alert', 'orders.measure', 'orders.feedback']::regclass[]) AS t;
-- What happened stays as it was written.
REVOKE UPDATE ON orders.step, orders.alert, orders.measure, orders.feedback FROM wardline_app;
