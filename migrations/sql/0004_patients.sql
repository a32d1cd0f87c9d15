-- People and their registrations. A person is network-wide; a registration is a person at a hospital, with its MRN there.
CREATE SCHEMA patients;
GRANT USAGE ON SCHEMA patients TO wardline_app;

CREATE TABLE patients.person (
    id                   uuid PRIMARY KEY,
    network_number       text NOT NULL UNIQUE CHECK (network_number ~ '^[0-9]{10}$'),
    family               text NOT NULL CHECK (length(family) BETWEEN 1 AND 200),
    given                text NOT NULL CHECK (length(given) <= 200),
    title                text NOT NULL DEFAULT '',
    known_as             text NOT NULL DEFAULT '',
    sex                  text NOT NULL CHECK (sex IN ('female', 'male', 'other', 'unknown')),
    born_on              date,
    born_estimated       boolean NOT NULL DEFAULT false,
    deceased_on          date CHECK (deceased_on >= born_on),
    name_known           boolean NOT NULL DEFAULT true,        -- false: brought in unknown
    mobile               text NOT NULL DEFAULT '',
    email                text NOT NULL DEFAULT '',
    address              text NOT NULL DEFAULT '',
    town                 text NOT NULL DEFAULT '',
    postcode             text NOT NULL DEFAULT '',
    family_doctor        text NOT NULL DEFAULT '',
    photo_file           text,                                 -- name in the file store
    allergy_state        text NOT NULL DEFAULT 'not_recorded' CHECK (allergy_state IN ('not_recorded', 'none_known', 'recorded')),
    allergies_confirmed_at timestamptz,
    allergies_confirmed_by uuid,
    hospital_ids         uuid[] NOT NULL DEFAULT '{}',         -- where registered: kept by the trigger below, read by row-level security
    version              int NOT NULL DEFAULT 1,
    created_at           timestamptz NOT NULL DEFAULT now(),
    created_by           uuid,
    CHECK (allergy_state <> 'none_known' OR (allergies_confirmed_at IS NOT NULL AND allergies_confirmed_by IS NOT NULL))
);

CREATE TABLE patients.registration (
    hospital_id   uuid NOT NULL REFERENCES identity.hospital,
    person_id     uuid NOT NULL REFERENCES patients.person,
    mrn           text NOT NULL,
    last_visit_at timestamptz,
    last_place    text NOT NULL DEFAULT '',
    version       int NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL DEFAULT now(),
    created_by    uuid,
    PRIMARY KEY (hospital_id, person_id),
    UNIQUE (hospital_id, mrn)
);
CREATE INDEX registration_person ON patients.registration (person_id);

CREATE TABLE patients.mrn_counter (
    hospital_id uuid PRIMARY KEY REFERENCES identity.hospital,
    last_number bigint NOT NULL DEFAULT 0
);

CREATE TABLE patients.identifier (            -- national id, passport, driver's licence, another system's number
    person_id  uuid NOT NULL REFERENCES patients.person,
    system     text NOT NULL,
    value      text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    PRIMARY KEY (system, value)
);
CREATE INDEX identifier_person ON patients.identifier (person_id);

CREATE TABLE patients.contact (               -- next of kin and others to tell
    person_id  uuid NOT NULL REFERENCES patients.person,
    id         uuid NOT NULL,
    name       text NOT NULL,
    relation   text NOT NULL DEFAULT '',
    phone      text NOT NULL DEFAULT '',
    ended_at   timestamptz,
    version    int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    PRIMARY KEY (person_id, id)
);

CREATE TABLE patients.allergy (               -- of the person, wherever recorded: a penicillin allergy knows no hospital
    person_id    uuid NOT NULL REFERENCES patients.person,
    id           uuid NOT NULL,
    hospital_id  uuid NOT NULL REFERENCES identity.hospital,    -- where it was recorded
    substance    text NOT NULL CHECK (length(substance) BETWEEN 1 AND 200),
    code_system  text,
    code         text,
    category     text NOT NULL DEFAULT 'medication' CHECK (category IN ('medication', 'food', 'environment', 'biologic', 'other')),
    reaction     text NOT NULL DEFAULT '',
    severity     text NOT NULL DEFAULT 'unknown' CHECK (severity IN ('mild', 'moderate', 'severe', 'unknown')),
    state        text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'resolved', 'entered_in_error')),
    error_reason text,
    noted_on     date,
    version      int NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    created_by   uuid,
    PRIMARY KEY (person_id, id),
    CHECK (state <> 'entered_in_error' OR error_reason IS NOT NULL)
);

SELECT platform.protect('patients.registration');
SELECT platform.protect('patients.mrn_counter');
SELECT platform.protect('patients.person', 'current_setting(''app.hospital_id'')::uuid = ANY (hospital_ids)');
SELECT platform.protect(t, 'EXISTS (SELECT 1 FROM patients.registration r WHERE r.person_id = ' || t::text || '.person_id
                              AND r.hospital_id = current_setting(''app.hospital_id'')::uuid)')
  FROM unnest(ARRAY['patients.identifier', 'patients.contact', 'patients.allergy']::regclass[]) AS t;

-- A registration opens the person to its hospital. Runs as owner: the person may not be visible yet.
CREATE FUNCTION patients.open_person() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE patients.person SET hospital_ids = hospital_ids || NEW.hospital_id
     WHERE id = NEW.person_id AND NOT NEW.hospital_id = ANY (hospital_ids);
    RETURN NULL;
END $$;
CREATE TRIGGER registration_opens_person AFTER INSERT ON patients.registration
    FOR EACH ROW EXECUTE FUNCTION patients.open_person();
