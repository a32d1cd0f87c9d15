-- Observation sets: what was measured together, with the score as it stood then. Never deleted, only marked as an error.
CREATE SCHEMA vitals;
GRANT USAGE ON SCHEMA vitals TO wardline_app;

CREATE TABLE vitals.observation_set (
    hospital_id         uuid NOT NULL,
    id                  uuid NOT NULL,
    person_id           uuid NOT NULL,
    encounter_id        uuid NOT NULL,
    taken_at            timestamptz NOT NULL,
    recorded_at         timestamptz NOT NULL DEFAULT now(),
    recorded_by         uuid,
    respiration_per_min smallint CHECK (respiration_per_min BETWEEN 0 AND 100),
    spo2_percent        smallint CHECK (spo2_percent BETWEEN 0 AND 100),
    spo2_scale          smallint NOT NULL DEFAULT 1 CHECK (spo2_scale IN (1, 2)),
    on_oxygen           boolean,
    oxygen_l_per_min    numeric(4,1) CHECK (oxygen_l_per_min BETWEEN 0 AND 100),
    oxygen_device       text,
    systolic_mmhg       smallint CHECK (systolic_mmhg BETWEEN 0 AND 400),
    diastolic_mmhg      smallint CHECK (diastolic_mmhg BETWEEN 0 AND 300),
    pulse_per_min       smallint CHECK (pulse_per_min BETWEEN 0 AND 400),
    consciousness       text CHECK (consciousness IN ('A', 'C', 'V', 'P', 'U')),
    temperature_celsius numeric(3,1) CHECK (temperature_celsius BETWEEN 15 AND 50),
    news_score          smallint CHECK (news_score BETWEEN 0 AND 20),
    news_signs          smallint NOT NULL DEFAULT 0 CHECK (news_signs BETWEEN 0 AND 7),
    news_band           text CHECK (news_band IN ('low', 'low_medium', 'medium', 'high')),
    confirmed           text[] NOT NULL DEFAULT '{}',    -- signs whose unusual value was confirmed
    state               text NOT NULL DEFAULT 'final' CHECK (state IN ('final', 'entered_in_error')),
    error_reason        text,
    version             int NOT NULL DEFAULT 1,
    created_at          timestamptz NOT NULL DEFAULT now(),
    created_by          uuid,
    PRIMARY KEY (hospital_id, id, taken_at),
    FOREIGN KEY (hospital_id, encounter_id) REFERENCES encounters.encounter,
    CHECK (state <> 'entered_in_error' OR error_reason IS NOT NULL),
    CHECK (on_oxygen OR oxygen_l_per_min IS NULL),
    CHECK (diastolic_mmhg <= systolic_mmhg)
) PARTITION BY RANGE (taken_at);
SELECT platform.ensure_partitions('vitals.observation_set', interval '1 month', now() - interval '24 months', 37);
CREATE TABLE vitals.observation_set_other PARTITION OF vitals.observation_set DEFAULT;
CREATE INDEX observation_set_person ON vitals.observation_set (hospital_id, person_id, taken_at DESC);
CREATE INDEX observation_set_encounter ON vitals.observation_set (hospital_id, encounter_id, taken_at DESC);
SELECT platform.protect('vitals.observation_set');
