-- Things somebody must act on: an owner, a clock, an acknowledgement, a ladder.
CREATE SCHEMA tasks;
GRANT USAGE ON SCHEMA tasks TO wardline_app;

CREATE TABLE tasks.task (
    hospital_id     uuid NOT NULL REFERENCES identity.hospital,
    id              uuid NOT NULL,
    kind            text NOT NULL,                       -- escalation, cleaning, ...
    subject_key     text NOT NULL,                       -- what it is about; one open task of a kind for a subject
    ward_id         uuid,
    person_id       uuid,
    encounter_id    uuid,
    title           text NOT NULL,
    reason          text NOT NULL DEFAULT '',            -- codes and numbers of the trigger, shown to who must act
    priority        text NOT NULL CHECK (priority IN ('routine', 'urgent', 'critical')),
    state           text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'acknowledged', 'done', 'cancelled')),
    owner_role      text NOT NULL,
    owner_words     text NOT NULL,                       -- Registrar, Nurse in charge
    rung            smallint NOT NULL DEFAULT 0,
    ladder          text[] NOT NULL DEFAULT '{}',        -- the rungs above, in order
    due_at          timestamptz NOT NULL,
    climbs_at       timestamptz,                         -- null: nothing above
    acknowledged_at timestamptz,
    acknowledged_by uuid,
    done_at         timestamptz,
    done_by         uuid,
    version         int NOT NULL DEFAULT 1,
    created_at      timestamptz NOT NULL DEFAULT now(),
    created_by      uuid,
    PRIMARY KEY (hospital_id, id),
    CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL)),
    CHECK (state <> 'acknowledged' OR acknowledged_at IS NOT NULL)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX task_one_open ON tasks.task (hospital_id, kind, subject_key) WHERE state IN ('open', 'acknowledged');
CREATE INDEX task_ward ON tasks.task (hospital_id, ward_id, due_at) WHERE state IN ('open', 'acknowledged');
CREATE INDEX task_owner ON tasks.task (hospital_id, owner_role, due_at) WHERE state = 'open';
CREATE INDEX task_person ON tasks.task (hospital_id, person_id, created_at DESC);
CREATE INDEX task_climbing ON tasks.task (hospital_id, climbs_at) WHERE state = 'open' AND climbs_at IS NOT NULL;

CREATE TABLE tasks.step (                                -- what happened to a task, in order
    hospital_id uuid NOT NULL,
    task_id     uuid NOT NULL,
    id          uuid NOT NULL,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind        text NOT NULL CHECK (kind IN ('created', 'raised', 'climbed', 'acknowledged', 'done', 'cancelled')),
    actor_id    uuid,
    owner_words text NOT NULL DEFAULT '',
    words       text NOT NULL DEFAULT '',
    PRIMARY KEY (hospital_id, task_id, id),
    FOREIGN KEY (hospital_id, task_id) REFERENCES tasks.task
);
SELECT platform.protect('tasks.task');
SELECT platform.protect('tasks.step');
