-- The network: regions, hospitals, departments, wards, rooms; the people who work there; their sessions.
CREATE SCHEMA identity;
GRANT USAGE ON SCHEMA identity TO wardline_app;

CREATE TABLE identity.region (
    id         uuid PRIMARY KEY,
    code       text NOT NULL UNIQUE,
    name       text NOT NULL UNIQUE,
    version    int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid
);

CREATE TABLE identity.hospital (
    id         uuid PRIMARY KEY,
    region_id  uuid NOT NULL REFERENCES identity.region,
    code       text NOT NULL UNIQUE CHECK (code ~ '^[A-Z0-9]{2,12}$'),
    name       text NOT NULL UNIQUE,
    time_zone  text NOT NULL DEFAULT 'Europe/London',
    active     boolean NOT NULL DEFAULT true,
    version    int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid
);

CREATE TABLE identity.department (
    hospital_id uuid NOT NULL REFERENCES identity.hospital,
    id          uuid NOT NULL,
    name        text NOT NULL,
    version     int NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    created_by  uuid,
    PRIMARY KEY (hospital_id, id),
    UNIQUE (hospital_id, name)
);

CREATE TABLE identity.ward (
    hospital_id   uuid NOT NULL REFERENCES identity.hospital,
    id            uuid NOT NULL,
    department_id uuid NOT NULL,
    code          text NOT NULL,             -- shown before the bed: 7-04
    name          text NOT NULL,             -- Ward 7
    specialty     text NOT NULL,             -- Respiratory medicine
    position      int NOT NULL,
    active        boolean NOT NULL DEFAULT true,
    version       int NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL DEFAULT now(),
    created_by    uuid,
    PRIMARY KEY (hospital_id, id),
    UNIQUE (id),
    UNIQUE (hospital_id, name),
    UNIQUE (hospital_id, code),
    FOREIGN KEY (hospital_id, department_id) REFERENCES identity.department
);

CREATE TABLE identity.room (                 -- a bay or a side room
    hospital_id uuid NOT NULL REFERENCES identity.hospital,
    id          uuid NOT NULL,
    ward_id     uuid NOT NULL,
    label       text NOT NULL,               -- Bay A, Side rooms
    kind        text NOT NULL CHECK (kind IN ('bay', 'side_room')),
    sex         text NOT NULL DEFAULT 'any' CHECK (sex IN ('women', 'men', 'any')),
    position    int NOT NULL,
    version     int NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    created_by  uuid,
    PRIMARY KEY (hospital_id, id),
    UNIQUE (hospital_id, ward_id, label),
    FOREIGN KEY (hospital_id, ward_id) REFERENCES identity.ward
);

SELECT platform.protect(t) FROM unnest(ARRAY['identity.department', 'identity.ward', 'identity.room']::regclass[]) AS t;

CREATE TABLE identity.staff (
    id                   uuid PRIMARY KEY,
    email                text UNIQUE CHECK (email = lower(email) AND email ~ '^[^@\s]+@[^@\s]+$'),   -- null: known by name only (imports)
    family               text NOT NULL,
    given                text NOT NULL,
    title                text NOT NULL DEFAULT '',
    post_nominal         text NOT NULL DEFAULT '',    -- RN
    external_identifier  text UNIQUE,
    password_hash        text,
    password_changed_at  timestamptz,
    must_change_password boolean NOT NULL DEFAULT false,
    active               boolean NOT NULL DEFAULT true,
    last_seen_at         timestamptz,
    version              int NOT NULL DEFAULT 1,
    created_at           timestamptz NOT NULL DEFAULT now(),
    created_by           uuid
);
CREATE INDEX staff_name ON identity.staff (lower(family) text_pattern_ops, lower(given));

-- A role at a hospital, in a region (regional administrator) or in the whole network (both null).
CREATE TABLE identity.assignment (
    id          uuid PRIMARY KEY,
    staff_id    uuid NOT NULL REFERENCES identity.staff,
    role        text NOT NULL CHECK (role IN ('network_administrator', 'regional_administrator', 'hospital_administrator',
                    'hospital_manager', 'doctor', 'nurse', 'pharmacist', 'laboratory_technician', 'receptionist', 'patient')),
    hospital_id uuid REFERENCES identity.hospital,
    region_id   uuid REFERENCES identity.region,
    ward_id     uuid REFERENCES identity.ward (id),
    ended_at    timestamptz,
    version     int NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    created_by  uuid,
    CHECK (CASE role WHEN 'network_administrator' THEN hospital_id IS NULL AND region_id IS NULL
                     WHEN 'regional_administrator' THEN hospital_id IS NULL AND region_id IS NOT NULL
                     ELSE hospital_id IS NOT NULL AND region_id IS NULL END)
);
CREATE UNIQUE INDEX assignment_once ON identity.assignment (staff_id, role, hospital_id, region_id) NULLS NOT DISTINCT WHERE ended_at IS NULL;
CREATE INDEX assignment_staff ON identity.assignment (staff_id) WHERE ended_at IS NULL;
CREATE INDEX assignment_hospital ON identity.assignment (hospital_id, role) WHERE ended_at IS NULL;

CREATE TABLE identity.session (
    token_hash   bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    id           uuid NOT NULL UNIQUE,
    staff_id     uuid NOT NULL REFERENCES identity.staff,
    assignment_id uuid NOT NULL REFERENCES identity.assignment,
    hospital_id  uuid NOT NULL REFERENCES identity.hospital,      -- where the person works now
    created_at   timestamptz NOT NULL DEFAULT now(),
    seen_at      timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    ended_at     timestamptz,
    ended_reason text,
    client       text
) WITH (fillfactor = 80);
CREATE INDEX session_staff ON identity.session (staff_id) WHERE ended_at IS NULL;
CREATE INDEX session_ended ON identity.session (ended_at) WHERE ended_at IS NOT NULL;

-- Failed sign-ins by account and by client address, counted in windows.
CREATE TABLE identity.sign_in_failure (
    subject    text NOT NULL,                 -- keyed hash of the account or the address
    at         timestamptz NOT NULL DEFAULT now(),
    id         uuid NOT NULL,
    PRIMARY KEY (subject, at, id)
);

GRANT SELECT, INSERT, UPDATE ON identity.region, identity.hospital, identity.staff, identity.assignment, identity.session TO wardline_app;
GRANT SELECT, INSERT, DELETE ON identity.sign_in_failure TO wardline_app;
