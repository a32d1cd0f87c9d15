-- The laboratory: what can be tested, what was asked for, the specimens on their way, the results and who was told of them.
CREATE SCHEMA lab;
GRANT USAGE ON SCHEMA lab TO wardline_app;

-- The catalogue is the same for the whole network: facts (LOINC, UCUM) and the laboratory's own goals.
CREATE TABLE lab.test (
    code               text PRIMARY KEY CHECK (code ~ '^[A-Z0-9_]{1,16}$'),
    name               text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    loinc              text NOT NULL UNIQUE CHECK (loinc ~ '^[0-9]{3,6}-[0-9]$'),
    loinc_name         text NOT NULL,
    kind               text NOT NULL DEFAULT 'number' CHECK (kind IN ('number', 'culture')),
    unit               text NOT NULL DEFAULT '',         -- UCUM
    unit_words         text NOT NULL DEFAULT '',         -- as people read it
    decimals           smallint NOT NULL DEFAULT 0 CHECK (decimals BETWEEN 0 AND 4),
    specimen           text NOT NULL,
    container          text NOT NULL,
    bench              text NOT NULL CHECK (bench IN ('chemistry', 'haematology', 'coagulation', 'microbiology')),
    turnaround_minutes int NOT NULL CHECK (turnaround_minutes > 0),
    urgent_minutes     int NOT NULL CHECK (urgent_minutes > 0),
    delta_change       numeric CHECK (delta_change > 0), -- a larger change than this, within the hours, is looked at
    delta_hours        int CHECK (delta_hours > 0),
    delta_source       text NOT NULL DEFAULT '',
    position           int NOT NULL,
    active             boolean NOT NULL DEFAULT true,
    CHECK ((delta_change IS NULL) = (delta_hours IS NULL)),
    CHECK ((delta_change IS NULL) = (delta_source = ''))
);
CREATE TABLE lab.panel (
    code     text PRIMARY KEY CHECK (code ~ '^[A-Z0-9_]{1,16}$'),
    name     text NOT NULL,
    position int NOT NULL
);
CREATE TABLE lab.panel_test (
    panel_code text NOT NULL REFERENCES lab.panel,
    test_code  text NOT NULL REFERENCES lab.test,
    PRIMARY KEY (panel_code, test_code)
);
GRANT SELECT ON lab.test, lab.panel, lab.panel_test TO wardline_app;

-- Reference intervals and critical limits as shipped, each with its source. A hospital's own band goes
-- before them for the ages and the sex that it is for; for everybody else they go on to count.
CREATE TABLE lab.shipped_interval (
    test_code    text NOT NULL REFERENCES lab.test,
    kind         text NOT NULL CHECK (kind IN ('reference', 'critical')),
    sex          text CHECK (sex IN ('female', 'male')),  -- null: both
    from_days    int NOT NULL DEFAULT 0 CHECK (from_days >= 0),
    to_days      int CHECK (to_days > from_days),         -- up to and without this age; null: no end
    low          numeric,
    high         numeric,
    source       text NOT NULL,
    retrieved_on date NOT NULL,
    CHECK (low IS NOT NULL OR high IS NOT NULL),
    CHECK (low < high),
    CONSTRAINT shipped_interval_once EXCLUDE USING gist (test_code WITH =, kind WITH =, (coalesce(sex, '')) WITH =,
                                                         int4range(from_days, to_days) WITH &&)
);
GRANT SELECT ON lab.shipped_interval TO wardline_app;

CREATE TABLE lab.own_interval (
    hospital_id uuid NOT NULL REFERENCES identity.hospital,
    id          uuid NOT NULL,
    test_code   text NOT NULL REFERENCES lab.test,
    kind        text NOT NULL CHECK (kind IN ('reference', 'critical')),
    sex         text CHECK (sex IN ('female', 'male')),
    from_days   int NOT NULL DEFAULT 0 CHECK (from_days >= 0),
    to_days     int CHECK (to_days > from_days),
    low         numeric,
    high        numeric,
    source      text NOT NULL CHECK (length(source) BETWEEN 3 AND 200),
    created_at  timestamptz NOT NULL DEFAULT now(),
    created_by  uuid,
    ended_at    timestamptz,
    ended_by    uuid,
    PRIMARY KEY (hospital_id, id),
    CHECK (low IS NOT NULL OR high IS NOT NULL),
    CHECK (low < high),
    CONSTRAINT own_interval_once EXCLUDE USING gist (hospital_id WITH =, test_code WITH =, kind WITH =, (coalesce(sex, '')) WITH =,
                                                     int4range(from_days, to_days) WITH &&) WHERE (ended_at IS NULL)
);
CREATE INDEX own_interval_test ON lab.own_interval (hospital_id, test_code) WHERE ended_at IS NULL;
SELECT platform.protect('lab.own_interval');

CREATE TABLE lab.request (                               -- what somebody asked for at one time for one patient
    hospital_id  uuid NOT NULL REFERENCES identity.hospital,
    id           uuid NOT NULL,
    person_id    uuid NOT NULL,
    encounter_id uuid,
    ward_id      uuid,                                   -- where the patient lay when it was asked for
    urgency      text NOT NULL CHECK (urgency IN ('routine', 'urgent', 'stat')),
    reason       text NOT NULL DEFAULT '' CHECK (length(reason) <= 400),
    asked_for    text[] NOT NULL,                        -- the codes of panels and tests, as they were chosen
    ordered_at   timestamptz NOT NULL,
    ordered_by   uuid NOT NULL,
    version      int NOT NULL DEFAULT 1,
    PRIMARY KEY (hospital_id, id),
    FOREIGN KEY (hospital_id, person_id) REFERENCES patients.registration,
    FOREIGN KEY (hospital_id, encounter_id) REFERENCES encounters.encounter
);
CREATE INDEX request_person ON lab.request (hospital_id, person_id, ordered_at DESC);
SELECT platform.protect('lab.request');

-- Numbers of specimens, for barcodes; the last digit of a barcode is a check digit (Luhn).
CREATE SEQUENCE lab.specimen_number START 100000001;
GRANT USAGE ON SEQUENCE lab.specimen_number TO wardline_app;

CREATE TABLE lab.specimen (
    hospital_id   uuid NOT NULL,
    id            uuid NOT NULL,
    request_id    uuid NOT NULL,
    person_id     uuid NOT NULL,
    encounter_id  uuid,
    ward_id       uuid,
    barcode       text NOT NULL CHECK (barcode ~ '^[0-9]{10}$'),
    specimen      text NOT NULL,                         -- Venous blood
    container     text NOT NULL,                         -- EDTA tube
    bench         text NOT NULL,
    urgency       text NOT NULL,
    state         text NOT NULL DEFAULT 'ordered' CHECK (state IN ('ordered', 'collected', 'received', 'done', 'rejected', 'cancelled')),
    collected_at  timestamptz,
    collected_by  uuid,
    received_at   timestamptz,
    received_by   uuid,
    rejected_at   timestamptz,
    rejected_by   uuid,
    reject_reason text NOT NULL DEFAULT '',
    replaces_id   uuid,                                  -- the rejected one in whose place this is asked for again
    due_at        timestamptz,                           -- when the last of its results is due; from receipt on
    version       int NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL DEFAULT now(),
    created_by    uuid,
    PRIMARY KEY (hospital_id, id),
    CONSTRAINT specimen_barcode UNIQUE (hospital_id, barcode),
    FOREIGN KEY (hospital_id, request_id) REFERENCES lab.request,
    CHECK ((collected_at IS NULL) = (collected_by IS NULL)),
    CHECK (state NOT IN ('collected', 'received', 'done') OR collected_at IS NOT NULL),
    CHECK (state NOT IN ('received', 'done') OR (received_at IS NOT NULL AND received_by IS NOT NULL)),
    CHECK ((state = 'rejected') = (rejected_at IS NOT NULL)),
    CHECK (state <> 'rejected' OR length(reject_reason) > 2)
) WITH (fillfactor = 80);
CREATE INDEX specimen_bench ON lab.specimen (hospital_id, bench) WHERE state IN ('collected', 'received');
CREATE INDEX specimen_to_collect ON lab.specimen (hospital_id, ward_id, created_at) WHERE state = 'ordered';
CREATE INDEX specimen_collected ON lab.specimen (hospital_id, collected_at) WHERE collected_at IS NOT NULL;
CREATE INDEX specimen_request ON lab.specimen (hospital_id, request_id);
CREATE UNIQUE INDEX specimen_replaced_once ON lab.specimen (hospital_id, replaces_id) WHERE replaces_id IS NOT NULL;
SELECT platform.protect('lab.specimen');

-- One test of one request. The row is how it stands now; everything it went through is in lab.result_event. Not in monthly
-- parts: a row is written to for days, and is always found by its id or its patient.
CREATE TABLE lab.result (
    hospital_id   uuid NOT NULL,
    id            uuid NOT NULL,
    request_id    uuid NOT NULL,
    specimen_id   uuid NOT NULL,
    person_id     uuid NOT NULL,
    encounter_id  uuid,
    test_code     text NOT NULL REFERENCES lab.test,
    state         text NOT NULL DEFAULT 'ordered' CHECK (state IN ('ordered', 'collected', 'received', 'resulted',
                      'technically_released', 'clinically_released', 'rejected', 'cancelled', 'withdrawn')),
    taken_at      timestamptz,                           -- when the specimen was collected
    value         numeric CHECK (abs(value) < 1000000000),
    comparator    text NOT NULL DEFAULT '' CHECK (comparator IN ('', '<', '>')),
    words         text NOT NULL DEFAULT '' CHECK (length(words) <= 1000),
    isolates      jsonb NOT NULL DEFAULT '[]',
    unit          text NOT NULL DEFAULT '',
    low           numeric,                               -- the interval and the limits that it was judged by
    high          numeric,
    critical_low  numeric,
    critical_high numeric,
    flag          text CHECK (flag IN ('LL', 'L', 'N', 'H', 'HH')),
    previous      numeric,
    previous_at   timestamptz,
    is_jump       boolean NOT NULL DEFAULT false,        -- changed more than the delta check lets pass
    method        text NOT NULL DEFAULT '' CHECK (length(method) <= 120),
    revision      int NOT NULL DEFAULT 1 CHECK (revision >= 1),
    reason        text NOT NULL DEFAULT '' CHECK (length(reason) <= 400),  -- why amended, withdrawn, rejected
    resulted_at   timestamptz,
    resulted_by   uuid,
    technical_at  timestamptz,
    technical_by  uuid,
    clinical_at   timestamptz,
    clinical_by   uuid,
    version       int NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL DEFAULT now(),
    created_by    uuid,
    PRIMARY KEY (hospital_id, id),
    CONSTRAINT result_once UNIQUE (hospital_id, specimen_id, test_code),
    FOREIGN KEY (hospital_id, specimen_id) REFERENCES lab.specimen,
    CHECK (state NOT IN ('resulted', 'technically_released', 'clinically_released', 'withdrawn')
           OR value IS NOT NULL OR words <> ''),
    CHECK (state NOT IN ('technically_released', 'clinically_released', 'withdrawn') OR technical_at IS NOT NULL),
    CHECK (state <> 'clinically_released' OR clinical_at IS NOT NULL),
    CHECK (state <> 'withdrawn' OR length(reason) > 2)
) WITH (fillfactor = 80);
CREATE INDEX result_person ON lab.result (hospital_id, person_id, taken_at DESC);
CREATE INDEX result_clinical ON lab.result (hospital_id, clinical_at) WHERE clinical_at IS NOT NULL;
CREATE INDEX result_request ON lab.result (hospital_id, request_id);
SELECT platform.protect('lab.result');

-- A result goes forward, never back: what was released is amended or withdrawn, not unreleased.
CREATE FUNCTION lab.guard_result() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.state <> OLD.state AND NOT (OLD.state, NEW.state) IN (
        ('ordered', 'collected'), ('ordered', 'cancelled'), ('collected', 'received'), ('collected', 'rejected'),
        ('received', 'resulted'), ('received', 'rejected'), ('resulted', 'technically_released'), ('resulted', 'rejected'),
        ('technically_released', 'clinically_released'), ('technically_released', 'withdrawn'), ('clinically_released', 'withdrawn'))
    THEN RAISE EXCEPTION 'result cannot go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation', CONSTRAINT = 'result_state_order';
    END IF;
    IF NEW.revision = OLD.revision AND OLD.state IN ('technically_released', 'clinically_released', 'withdrawn')
       AND (NEW.value, NEW.words, NEW.isolates) IS DISTINCT FROM (OLD.value, OLD.words, OLD.isolates)
    THEN RAISE EXCEPTION 'a released result is amended, not changed' USING ERRCODE = 'check_violation', CONSTRAINT = 'result_state_order';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER result_state_order BEFORE UPDATE ON lab.result FOR EACH ROW EXECUTE FUNCTION lab.guard_result();

CREATE TABLE lab.release (                               -- each step once for each revision of a result
    hospital_id uuid NOT NULL,
    result_id   uuid NOT NULL,
    revision    int NOT NULL,
    step        text NOT NULL CHECK (step IN ('technical', 'clinical')),
    at          timestamptz NOT NULL,
    actor_id    uuid NOT NULL,
    CONSTRAINT release_once PRIMARY KEY (hospital_id, result_id, revision, step),
    FOREIGN KEY (hospital_id, result_id) REFERENCES lab.result
);
SELECT platform.protect('lab.release');

CREATE TABLE lab.result_event (                          -- everything that happened to a result, append-only
    hospital_id uuid NOT NULL,
    result_id   uuid NOT NULL,
    id          uuid NOT NULL,
    at          timestamptz NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('ordered', 'collected', 'received', 'resulted', 'technically_released',
                    'clinically_released', 'amended', 'withdrawn', 'rejected', 'cancelled', 'called', 'acknowledged')),
    actor_id    uuid,
    revision    int NOT NULL,
    value       numeric,
    comparator  text NOT NULL DEFAULT '',
    words       text NOT NULL DEFAULT '',
    isolates    jsonb NOT NULL DEFAULT '[]',
    flag        text,
    reason      text NOT NULL DEFAULT '',
    PRIMARY KEY (hospital_id, result_id, id, at)
) PARTITION BY RANGE (at);
SELECT platform.ensure_partitions('lab.result_event', interval '1 month', now() - interval '1 month', 14);
CREATE TABLE lab.result_event_other PARTITION OF lab.result_event DEFAULT;
SELECT platform.protect('lab.result_event');
REVOKE UPDATE ON lab.release, lab.result_event FROM wardline_app;

-- A critical value stays here until somebody was told and read it back, and a clinician has acknowledged it.
CREATE TABLE lab.critical_call (
    hospital_id     uuid NOT NULL,
    id              uuid NOT NULL,
    result_id       uuid NOT NULL,
    revision        int NOT NULL,
    person_id       uuid NOT NULL,
    task_id         uuid NOT NULL,
    opened_at       timestamptz NOT NULL,
    told_at         timestamptz,
    told_by         uuid,                                -- who rang
    told_to         text NOT NULL DEFAULT '' CHECK (length(told_to) <= 120),
    identifiers     text[] NOT NULL DEFAULT '{}',        -- what of the patient was read back
    read_back       numeric,                             -- the value as it was read back
    acknowledged_at timestamptz,
    acknowledged_by uuid,
    action          text NOT NULL DEFAULT '' CHECK (length(action) <= 400),
    closed_at       timestamptz,
    version         int NOT NULL DEFAULT 1,
    PRIMARY KEY (hospital_id, id),
    CONSTRAINT critical_call_once UNIQUE (hospital_id, result_id, revision),
    UNIQUE (hospital_id, task_id),
    FOREIGN KEY (hospital_id, result_id) REFERENCES lab.result,
    CHECK (told_at IS NULL OR (told_by IS NOT NULL AND length(told_to) > 1 AND cardinality(identifiers) >= 2 AND read_back IS NOT NULL)),
    CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL)),
    CHECK ((closed_at IS NOT NULL) = (told_at IS NOT NULL AND acknowledged_at IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX critical_call_opened ON lab.critical_call (hospital_id, opened_at);
CREATE INDEX critical_call_open ON lab.critical_call (hospital_id, opened_at) WHERE closed_at IS NULL;
SELECT platform.protect('lab.critical_call');
