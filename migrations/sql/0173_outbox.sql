-- What a device did without a network, told when the network is back: copies that were opened, entries that were discarded.
CREATE SCHEMA desk;
GRANT USAGE ON SCHEMA desk TO wardline_app;

CREATE TABLE desk.opening (                  -- a copy that somebody opened; its row in the record is written with it
    hospital_id uuid NOT NULL REFERENCES identity.hospital,
    id          uuid NOT NULL,               -- made on the device: told twice is told once
    staff_id    uuid NOT NULL REFERENCES identity.staff,
    person_id   uuid,                        -- null: a ward's page
    page        text NOT NULL CHECK (length(page) <= 120),
    opened_at   timestamptz NOT NULL,        -- by the server's clock, as far as the device knew it
    told_at     timestamptz NOT NULL,
    PRIMARY KEY (hospital_id, id)
);

CREATE TABLE desk.discard (                  -- an entry that its author did not send
    hospital_id     uuid NOT NULL REFERENCES identity.hospital,
    id              text NOT NULL CHECK (length(id) BETWEEN 8 AND 100),  -- the key of the entry
    staff_id        uuid NOT NULL REFERENCES identity.staff,
    person_id       uuid,
    what            text NOT NULL CHECK (length(what) BETWEEN 1 AND 300),
    answer          text NOT NULL DEFAULT '' CHECK (length(answer) <= 300),  -- why it had not been accepted
    reason          text NOT NULL DEFAULT '' CHECK (length(reason) <= 300),  -- in the words of who discarded it
    entered_at      timestamptz NOT NULL,
    discarded_at    timestamptz NOT NULL,
    told_at         timestamptz NOT NULL,
    acknowledged_at timestamptz,
    PRIMARY KEY (hospital_id, id)
);
CREATE INDEX discard_open ON desk.discard (hospital_id, staff_id, discarded_at) WHERE acknowledged_at IS NULL;

SELECT platform.protect(t) FROM unnest(ARRAY['desk.opening', 'desk.discard']::regclass[]) AS t;
-- Neither is changed afterwards, but for the author's having seen it.
REVOKE UPDATE ON desk.opening, desk.discard FROM wardline_app;
GRANT UPDATE (acknowledged_at) ON desk.discard TO wardline_app;
