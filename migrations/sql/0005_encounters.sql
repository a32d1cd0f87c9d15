-- Visits and stays, what is wrong with the patient, and one row per open stay with everything a board reads.
CREATE SCHEMA encounters;
GRANT USAGE ON SCHEMA encounters TO wardline_app;

CREATE TABLE encounters.encounter (
    hospital_id           uuid NOT NULL REFERENCES identity.hospital,
    id                    uuid NOT NULL,
    person_id             uuid NOT NULL,
    class                 text NOT NULL CHECK (class IN ('inpatient', 'emergency', 'day_case', 'outpatient', 'other')),
    state                 text NOT NULL CHECK (state IN ('planned', 'in_progress', 'finished', 'cancelled', 'entered_in_error')),
    reason                text NOT NULL DEFAULT '',
    specialty             text NOT NULL DEFAULT '',
    admitted_from         text NOT NULL DEFAULT '',
    doctor_id             uuid REFERENCES identity.staff,
    started_at            timestamptz,
    ended_at              timestamptz,
    discharged_to         text CHECK (discharged_to IN ('home', 'care_home', 'other_hospital', 'against_advice', 'died', 'other')),
    version               int NOT NULL DEFAULT 1,
    created_at            timestamptz NOT NULL DEFAULT now(),
    created_by            uuid,
    PRIMARY KEY (hospital_id, id),
    UNIQUE (id),
    FOREIGN KEY (hospital_id, person_id) REFERENCES patients.registration,
    CHECK (ended_at >= started_at),
    CHECK ((state = 'finished') = (ended_at IS NOT NULL)),
    CHECK (state NOT IN ('in_progress', 'finished') OR started_at IS NOT NULL)
);
CREATE INDEX encounter_person ON encounters.encounter (hospital_id, person_id, started_at DESC);
-- Nobody is an inpatient twice at one hospital.
CREATE UNIQUE INDEX encounter_one_stay ON encounters.encounter (hospital_id, person_id)
    WHERE state = 'in_progress' AND class IN ('inpatient', 'emergency', 'day_case');

-- A finished, cancelled or mistaken encounter does not come back to life.
CREATE FUNCTION encounters.guard_state() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.state <> OLD.state AND NOT (OLD.state, NEW.state) IN (('planned', 'in_progress'), ('planned', 'cancelled'),
        ('planned', 'entered_in_error'), ('in_progress', 'finished'), ('in_progress', 'entered_in_error'), ('finished', 'entered_in_error'))
    THEN RAISE EXCEPTION 'encounter cannot go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation', CONSTRAINT = 'encounter_state_order';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER encounter_state_order BEFORE UPDATE OF state ON encounters.encounter
    FOR EACH ROW EXECUTE FUNCTION encounters.guard_state();

-- What boards show of an open stay; written by the write that changes it, deleted at discharge. The only clinical row
-- that is deleted: everything in it is derived.
CREATE TABLE encounters.current (
    hospital_id           uuid NOT NULL,
    encounter_id          uuid NOT NULL,
    person_id             uuid NOT NULL,
    class                 text NOT NULL,
    started_at            timestamptz NOT NULL,
    ward_id               uuid,
    bed_id                uuid,
    bed_label             text,                          -- 7-04
    bed_since             timestamptz,
    isolation             text CHECK (isolation IN ('contact', 'droplet', 'airborne', 'protective')),
    expected_discharge_on date,
    ready_to_leave        boolean NOT NULL DEFAULT false,
    needs                 text[] NOT NULL DEFAULT '{}',  -- monitor, side_room ...
    pregnant              boolean NOT NULL DEFAULT false,
    spo2_scale            smallint NOT NULL DEFAULT 1 CHECK (spo2_scale IN (1, 2)),
    spo2_scale_by         uuid REFERENCES identity.staff,
    spo2_scale_at         timestamptz,
    -- latest valid value of each sign and when it was taken
    respiration_per_min   smallint,      respiration_at   timestamptz,
    spo2_percent          smallint,      spo2_at          timestamptz,
    spo2_read_on_scale    smallint CHECK (spo2_read_on_scale IN (1, 2)),     -- the scale in force when it was read
    spo2_on_oxygen        boolean,                       -- whether it was read on oxygen; null: not known yet
    on_oxygen             boolean,       oxygen_at        timestamptz,
    oxygen_l_per_min      numeric(4,1),
    systolic_mmhg         smallint,      systolic_at      timestamptz,
    diastolic_mmhg        smallint,
    pulse_per_min         smallint,      pulse_at         timestamptz,
    consciousness         text CHECK (consciousness IN ('A', 'C', 'V', 'P', 'U')), consciousness_at timestamptz,
    temperature_celsius   numeric(3,1),  temperature_at   timestamptz,
    news_score            smallint,
    news_signs            smallint NOT NULL DEFAULT 0,   -- how many of the 7 signs are scored
    news_single_three     boolean NOT NULL DEFAULT false,
    news_band             text CHECK (news_band IN ('low', 'low_medium', 'medium', 'high')),
    news_at               timestamptz,
    news_by               uuid,
    news_history          smallint[] NOT NULL DEFAULT '{}',      -- oldest first, at most 24
    news_history_at       timestamptz[] NOT NULL DEFAULT '{}',
    observations_due_at   timestamptz,
    version               int NOT NULL DEFAULT 1,
    PRIMARY KEY (hospital_id, encounter_id),
    FOREIGN KEY (hospital_id, encounter_id) REFERENCES encounters.encounter,
    CHECK (spo2_scale = 1 OR spo2_scale_by IS NOT NULL)
) WITH (fillfactor = 60);
CREATE INDEX current_ward ON encounters.current (hospital_id, ward_id);
CREATE INDEX current_person ON encounters.current (hospital_id, person_id);

CREATE TABLE encounters.problem (
    hospital_id  uuid NOT NULL REFERENCES identity.hospital,
    id           uuid NOT NULL,
    person_id    uuid NOT NULL,
    encounter_id uuid,
    code_system  text,
    code         text,
    display      text NOT NULL,
    onset_on     date,
    abated_on    date,
    state        text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'resolved', 'entered_in_error')),
    verification text NOT NULL DEFAULT 'confirmed' CHECK (verification IN ('provisional', 'confirmed', 'refuted', 'entered_in_error')),
    version      int NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    created_by   uuid,
    PRIMARY KEY (hospital_id, id),
    FOREIGN KEY (hospital_id, person_id) REFERENCES patients.registration
);
CREATE INDEX problem_person ON encounters.problem (hospital_id, person_id, onset_on DESC);

SELECT platform.protect(t) FROM unnest(ARRAY['encounters.encounter', 'encounters.current', 'encounters.problem']::regclass[]) AS t;
GRANT DELETE ON encounters.current TO wardline_app;
