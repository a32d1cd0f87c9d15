-- Beds, who lies in them, who is expected, and everything that happened to each bed.
CREATE SCHEMA beds;
GRANT USAGE ON SCHEMA beds TO wardline_app;

CREATE TABLE beds.bed (
    hospital_id uuid NOT NULL REFERENCES identity.hospital,
    id          uuid NOT NULL,
    ward_id     uuid NOT NULL,
    room_id     uuid NOT NULL,
    label       text NOT NULL,                           -- 04
    position    int NOT NULL,
    state       text NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'cleaning', 'closed')),
    state_since timestamptz NOT NULL DEFAULT now(),
    state_reason text NOT NULL DEFAULT '',
    features    text[] NOT NULL DEFAULT '{}',            -- monitor, bariatric ...
    active      boolean NOT NULL DEFAULT true,
    version     int NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    created_by  uuid,
    PRIMARY KEY (hospital_id, id),
    UNIQUE (hospital_id, ward_id, label),
    FOREIGN KEY (hospital_id, ward_id) REFERENCES identity.ward,
    FOREIGN KEY (hospital_id, room_id) REFERENCES identity.room
);
CREATE INDEX bed_ward_position ON beds.bed (hospital_id, ward_id, position);

CREATE TABLE beds.occupancy (
    hospital_id  uuid NOT NULL,
    id           uuid NOT NULL,
    bed_id       uuid NOT NULL,
    encounter_id uuid NOT NULL,
    person_id    uuid NOT NULL,
    started_at   timestamptz NOT NULL DEFAULT now(),
    ended_at     timestamptz,
    ended_reason text CHECK (ended_reason IN ('moved', 'discharged', 'released', 'entered_in_error')),
    version      int NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    created_by   uuid,
    PRIMARY KEY (hospital_id, id),
    FOREIGN KEY (hospital_id, bed_id) REFERENCES beds.bed,
    FOREIGN KEY (hospital_id, encounter_id) REFERENCES encounters.encounter,
    CHECK (ended_at >= started_at),
    CHECK ((ended_at IS NULL) = (ended_reason IS NULL))
);
CREATE UNIQUE INDEX occupancy_one_per_bed ON beds.occupancy (hospital_id, bed_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX occupancy_one_per_encounter ON beds.occupancy (hospital_id, encounter_id) WHERE ended_at IS NULL;
CREATE INDEX occupancy_bed ON beds.occupancy (hospital_id, bed_id, started_at DESC);
CREATE INDEX occupancy_encounter ON beds.occupancy (hospital_id, encounter_id, started_at DESC);

CREATE TABLE beds.reservation (
    hospital_id  uuid NOT NULL,
    id           uuid NOT NULL,
    bed_id       uuid NOT NULL,
    encounter_id uuid NOT NULL,
    person_id    uuid NOT NULL,
    from_place   text NOT NULL DEFAULT '',
    due_at       timestamptz NOT NULL,
    ended_at     timestamptz,
    ended_reason text CHECK (ended_reason IN ('arrived', 'cancelled', 'expired')),
    version      int NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    created_by   uuid,
    PRIMARY KEY (hospital_id, id),
    FOREIGN KEY (hospital_id, bed_id) REFERENCES beds.bed,
    FOREIGN KEY (hospital_id, encounter_id) REFERENCES encounters.encounter,
    CHECK ((ended_at IS NULL) = (ended_reason IS NULL))
);
CREATE UNIQUE INDEX reservation_one_per_bed ON beds.reservation (hospital_id, bed_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX reservation_one_per_encounter ON beds.reservation (hospital_id, encounter_id) WHERE ended_at IS NULL;

CREATE TABLE beds.bed_event (                            -- the history of a bed that is not an occupancy
    hospital_id uuid NOT NULL,
    bed_id      uuid NOT NULL,
    id          uuid NOT NULL,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind        text NOT NULL CHECK (kind IN ('cleaning_started', 'cleaning_done', 'closed', 'reopened', 'reserved', 'reservation_ended', 'occupied', 'left')),
    actor_id    uuid,
    words       text NOT NULL DEFAULT '',
    PRIMARY KEY (hospital_id, bed_id, id),
    FOREIGN KEY (hospital_id, bed_id) REFERENCES beds.bed
);
SELECT platform.protect(t) FROM unnest(ARRAY['beds.bed', 'beds.occupancy', 'beds.reservation', 'beds.bed_event']::regclass[]) AS t;
