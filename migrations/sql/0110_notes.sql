-- Notes: case sheets, progress, nursing, incident and handover notes. A note has sections; in each section every author
-- has a passage of their own, so two people never write over each other. What was saved once stays: revisions and
-- addenda can be added and read, never changed.
CREATE SCHEMA notes;
GRANT USAGE ON SCHEMA notes TO wardline_app;

CREATE TABLE notes.note (
    hospital_id   uuid NOT NULL REFERENCES identity.hospital,
    id            uuid NOT NULL,
    person_id     uuid NOT NULL,
    encounter_id  uuid,
    kind          text NOT NULL CHECK (kind IN ('case_sheet', 'progress', 'nursing', 'incident', 'handover')),
    template      text NOT NULL DEFAULT '' CHECK (length(template) <= 40),      -- whose prompts it shows
    state         text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'signed', 'cosigned', 'entered_in_error')),
    cosign_wanted boolean NOT NULL DEFAULT false,
    signed_at     timestamptz,
    signed_by     uuid REFERENCES identity.staff,
    cosigned_at   timestamptz,
    cosigned_by   uuid REFERENCES identity.staff,
    error_at      timestamptz,
    error_by      uuid REFERENCES identity.staff,
    error_reason  text CHECK (length(error_reason) BETWEEN 3 AND 500),
    saved_at      timestamptz NOT NULL,
    version       int NOT NULL DEFAULT 1,              -- rises with every saved passage too
    created_at    timestamptz NOT NULL,
    created_by    uuid NOT NULL REFERENCES identity.staff,
    PRIMARY KEY (hospital_id, id),
    FOREIGN KEY (hospital_id, person_id) REFERENCES patients.registration,
    FOREIGN KEY (hospital_id, encounter_id) REFERENCES encounters.encounter,
    CHECK ((signed_at IS NULL) = (signed_by IS NULL)),
    CHECK ((cosigned_at IS NULL) = (cosigned_by IS NULL)),
    CHECK (state NOT IN ('signed', 'cosigned') OR signed_at IS NOT NULL),
    CHECK (state <> 'draft' OR signed_at IS NULL),
    CHECK (state <> 'cosigned' OR (cosigned_at IS NOT NULL AND cosigned_by <> signed_by)),
    CHECK ((state = 'entered_in_error') = (error_at IS NOT NULL AND error_by IS NOT NULL AND error_reason IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX note_person ON notes.note (hospital_id, person_id, created_at DESC, id DESC);
CREATE INDEX note_cosign ON notes.note (hospital_id, signed_at) WHERE state = 'signed' AND cosign_wanted;
CREATE INDEX note_draft ON notes.note (hospital_id, created_by, created_at DESC) WHERE state = 'draft';

-- A signed note is not a draft again, and a mistaken one stays mistaken.
CREATE FUNCTION notes.guard_state() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.state <> OLD.state AND NOT (OLD.state, NEW.state) IN (('draft', 'signed'), ('signed', 'cosigned'),
        ('draft', 'entered_in_error'), ('signed', 'entered_in_error'), ('cosigned', 'entered_in_error'))
    THEN RAISE EXCEPTION 'note cannot go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation', CONSTRAINT = 'note_state_order';
    END IF;
    IF OLD.signed_at IS NOT NULL AND (NEW.signed_at, NEW.signed_by) IS DISTINCT FROM (OLD.signed_at, OLD.signed_by)
    THEN RAISE EXCEPTION 'a signature stands' USING ERRCODE = 'check_violation', CONSTRAINT = 'note_signature_stands';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER note_state_order BEFORE UPDATE ON notes.note FOR EACH ROW EXECUTE FUNCTION notes.guard_state();

CREATE TABLE notes.passage (                 -- one author's words in one section: which revision counts
    hospital_id uuid NOT NULL,
    note_id     uuid NOT NULL,
    section     text NOT NULL CHECK (length(section) BETWEEN 1 AND 40),
    author_id   uuid NOT NULL REFERENCES identity.staff,
    version     int NOT NULL CHECK (version >= 1),
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (hospital_id, note_id, section, author_id),
    FOREIGN KEY (hospital_id, note_id) REFERENCES notes.note
) WITH (fillfactor = 80);

CREATE TABLE notes.revision (                -- everything that was ever saved
    hospital_id  uuid NOT NULL,
    note_id      uuid NOT NULL,
    section      text NOT NULL,
    author_id    uuid NOT NULL,
    version      int NOT NULL,
    text         text NOT NULL CHECK (length(text) <= 20000),
    author_role  text NOT NULL,
    note_version int NOT NULL,
    saved_at     timestamptz NOT NULL,
    PRIMARY KEY (hospital_id, note_id, section, author_id, version),
    FOREIGN KEY (hospital_id, note_id, section, author_id) REFERENCES notes.passage
);

CREATE FUNCTION notes.guard_words() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM notes.note n WHERE n.hospital_id = NEW.hospital_id AND n.id = NEW.note_id AND n.state = 'draft')
    THEN RAISE EXCEPTION 'only a draft takes words' USING ERRCODE = 'check_violation', CONSTRAINT = 'note_words_of_draft';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER revision_of_draft BEFORE INSERT ON notes.revision FOR EACH ROW EXECUTE FUNCTION notes.guard_words();

CREATE TABLE notes.addendum (                -- what is added after the signature
    hospital_id uuid NOT NULL,
    id          uuid NOT NULL,
    note_id     uuid NOT NULL,
    author_id   uuid NOT NULL REFERENCES identity.staff,
    author_role text NOT NULL,
    text        text NOT NULL CHECK (length(text) BETWEEN 1 AND 20000),
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (hospital_id, id),
    FOREIGN KEY (hospital_id, note_id) REFERENCES notes.note
);
CREATE INDEX addendum_note ON notes.addendum (hospital_id, note_id, created_at);

SELECT platform.protect(t) FROM unnest(ARRAY['notes.note', 'notes.passage', 'notes.revision', 'notes.addendum']::regclass[]) AS t;
REVOKE UPDATE ON notes.revision, notes.addendum FROM wardline_app;
