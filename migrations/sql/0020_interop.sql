-- What came in from other systems: which files, and which of their references became which hospital or member of staff.
CREATE SCHEMA interop;
GRANT USAGE ON SCHEMA interop TO wardline_app;

-- The file's name is not kept: exporters like to put the patient's name into it. Its fingerprint says which file it was.
CREATE TABLE interop.import_file (
    source      text NOT NULL CHECK (length(source) BETWEEN 1 AND 100),
    sha256      text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    id          uuid NOT NULL UNIQUE,
    format      text NOT NULL CHECK (format IN ('fhir_r4')),
    hospital_id uuid REFERENCES identity.hospital,         -- every organization was taken as this hospital; null: each as its own
    outcome     text NOT NULL CHECK (outcome IN ('done', 'refused')),
    reason      text NOT NULL DEFAULT '',
    line        int,
    report      jsonb NOT NULL DEFAULT '{}',               -- counts by resource type and reason, nothing of their content
    finished_at timestamptz NOT NULL DEFAULT now(),
    version     int NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    created_by  uuid,
    PRIMARY KEY (source, sha256),
    CHECK ((outcome = 'refused') = (reason <> ''))
);

CREATE TABLE interop.reference (
    source      text NOT NULL,
    reference   text NOT NULL,                             -- Organization/12, Practitioner?identifier=system|value
    hospital_id uuid REFERENCES identity.hospital,
    staff_id    uuid REFERENCES identity.staff,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source, reference),
    CHECK (num_nonnulls(hospital_id, staff_id) = 1)
);

GRANT SELECT, INSERT, UPDATE ON interop.import_file, interop.reference TO wardline_app;
