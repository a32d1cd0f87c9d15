-- Problems say more, and what they said before stays readable. The version that runs before this one goes on writing the
-- columns it knows; its changes have no row in the history, so the first change after them keeps what was said before too.
ALTER TABLE encounters.problem
    ADD COLUMN snomed_code  text CHECK (snomed_code ~ '^[0-9]{6,18}$'),
    ADD COLUMN severity     text CHECK (severity IN ('mild', 'moderate', 'severe')),
    ADD COLUMN comment      text NOT NULL DEFAULT '' CHECK (length(comment) <= 1000),
    ADD COLUMN error_reason text CHECK (length(error_reason) BETWEEN 3 AND 500),
    ADD COLUMN changed_at   timestamptz,
    ADD COLUMN changed_by   uuid REFERENCES identity.staff;

CREATE TABLE encounters.problem_change (     -- the problem as it stood after each change
    hospital_id  uuid NOT NULL,
    problem_id   uuid NOT NULL,
    version      int NOT NULL,
    code_system  text,
    code         text,
    snomed_code  text,
    display      text NOT NULL,
    onset_on     date,
    abated_on    date,
    state        text NOT NULL,
    verification text NOT NULL,
    severity     text,
    comment      text NOT NULL,
    error_reason text,
    changed_at   timestamptz NOT NULL,
    changed_by   uuid REFERENCES identity.staff,          -- none where an import recorded it
    PRIMARY KEY (hospital_id, problem_id, version),
    FOREIGN KEY (hospital_id, problem_id) REFERENCES encounters.problem
);
SELECT platform.protect('encounters.problem_change');
REVOKE UPDATE ON encounters.problem_change FROM wardline_app;

CREATE TABLE encounters.procedure (          -- what was done to the patient, here or elsewhere
    hospital_id  uuid NOT NULL REFERENCES identity.hospital,
    id           uuid NOT NULL,
    person_id    uuid NOT NULL,
    encounter_id uuid,
    code_system  text CHECK (code_system IN ('ICD-10-PCS', 'SNOMED-CT')),
    code         text,
    display      text NOT NULL CHECK (length(display) BETWEEN 2 AND 300),
    performed_on date NOT NULL,
    performer_id uuid REFERENCES identity.staff,         -- one of the staff, or a name
    performer    text NOT NULL DEFAULT '' CHECK (length(performer) <= 200),
    site         text NOT NULL DEFAULT '' CHECK (length(site) <= 200),
    comment      text NOT NULL DEFAULT '' CHECK (length(comment) <= 1000),
    state        text NOT NULL DEFAULT 'done' CHECK (state IN ('done', 'entered_in_error')),
    error_reason text CHECK (length(error_reason) BETWEEN 3 AND 500),
    error_at     timestamptz,
    error_by     uuid REFERENCES identity.staff,
    version      int NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    created_by   uuid NOT NULL REFERENCES identity.staff,
    PRIMARY KEY (hospital_id, id),
    FOREIGN KEY (hospital_id, person_id) REFERENCES patients.registration,
    FOREIGN KEY (hospital_id, encounter_id) REFERENCES encounters.encounter,
    CHECK ((code IS NULL) = (code_system IS NULL)),
    CHECK (code_system IS DISTINCT FROM 'ICD-10-PCS' OR code ~ '^[0-9A-HJ-NP-Z]{7}$'),
    CHECK (code_system IS DISTINCT FROM 'SNOMED-CT' OR code ~ '^[0-9]{6,18}$'),
    CHECK (performer_id IS NOT NULL OR performer <> ''),
    CHECK ((state = 'entered_in_error') = (error_reason IS NOT NULL AND error_at IS NOT NULL AND error_by IS NOT NULL))
);
CREATE INDEX procedure_person ON encounters.procedure (hospital_id, person_id, performed_on DESC, id DESC);
SELECT platform.protect('encounters.procedure');

-- An allergy may be an allergy or an intolerance, suspected or confirmed, and may be over.
ALTER TABLE patients.allergy
    ADD COLUMN kind         text NOT NULL DEFAULT 'allergy' CHECK (kind IN ('allergy', 'intolerance')),
    ADD COLUMN verification text NOT NULL DEFAULT 'confirmed' CHECK (verification IN ('suspected', 'confirmed'));
