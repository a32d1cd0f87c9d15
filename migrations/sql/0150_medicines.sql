-- A creatinine of the laboratory is what medicines are dosed by: the measure names its result, and an amended or withdrawn
-- result takes its place. What was measured stays to be read.
ALTER TABLE orders.measure ADD COLUMN result_id uuid, ADD COLUMN superseded_at timestamptz;
GRANT UPDATE (superseded_at) ON orders.measure TO wardline_app;
-- A result counts once; a second release of the same one waits for the first and is refused.
CREATE UNIQUE INDEX measure_of_result ON orders.measure (hospital_id, result_id)
    WHERE result_id IS NOT NULL AND superseded_at IS NULL;
INSERT INTO orders.measure (hospital_id, id, person_id, kind, value, taken_at, result_id, recorded_by)
SELECT r.hospital_id, gen_random_uuid(), r.person_id, 'creatinine_umol_per_l', least(greatest(r.value, 5), 3000), r.taken_at,
       r.id, r.clinical_by
  FROM lab.result r JOIN patients.registration g ON g.hospital_id = r.hospital_id AND g.person_id = r.person_id
 WHERE r.test_code = 'CREAT' AND r.state = 'clinically_released' AND r.value IS NOT NULL AND r.taken_at IS NOT NULL
   AND r.clinical_by IS NOT NULL AND r.clinical_at > now() - interval '100 days';

-- Who signed which knowledge base off for the hospital: the newest row counts, and only for the content with its digest.
CREATE TABLE orders.knowledge_signature (
    hospital_id uuid NOT NULL REFERENCES identity.hospital,
    id          uuid NOT NULL,
    state       text NOT NULL CHECK (state IN ('signed', 'withdrawn')),
    version     text NOT NULL CHECK (length(version) BETWEEN 1 AND 60),
    digest      text NOT NULL CHECK (length(digest) = 16),
    words       text NOT NULL CHECK (length(words) BETWEEN 3 AND 1000),
    signed_at   timestamptz NOT NULL DEFAULT now(),
    signed_by   uuid NOT NULL REFERENCES identity.staff,
    PRIMARY KEY (hospital_id, id)
);
CREATE INDEX knowledge_signature_newest ON orders.knowledge_signature (hospital_id, signed_at DESC, id DESC);

-- Favourites (one line, of one prescriber or of a specialty) and order sets (medicine lines and tests, of the hospital).
CREATE TABLE orders.order_set (
    hospital_id uuid NOT NULL REFERENCES identity.hospital,
    id          uuid NOT NULL,
    owner_id    uuid REFERENCES identity.staff,          -- a prescriber's own; null: kept for everybody
    specialty   text NOT NULL DEFAULT '' CHECK (length(specialty) <= 80),
    name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    lines       text[] NOT NULL CHECK (cardinality(lines) BETWEEN 0 AND 20),
    tests       text[] NOT NULL DEFAULT '{}' CHECK (cardinality(tests) <= 20),
    state       text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'retired')),
    version     int NOT NULL DEFAULT 1,
    changed_at  timestamptz NOT NULL DEFAULT now(),
    changed_by  uuid NOT NULL REFERENCES identity.staff,
    PRIMARY KEY (hospital_id, id),
    CHECK (cardinality(lines) + cardinality(tests) > 0),
    CHECK (owner_id IS NULL OR (cardinality(lines) = 1 AND cardinality(tests) = 0))
);
CREATE INDEX medicine_signed ON orders.medicine (hospital_id, prescribed_at);
CREATE UNIQUE INDEX order_set_name ON orders.order_set
    (hospital_id, COALESCE(owner_id, '00000000-0000-0000-0000-000000000000'), specialty, lower(name)) WHERE state = 'active';
CREATE TABLE orders.order_set_version (                  -- what a set was, version by version
    hospital_id uuid NOT NULL,
    set_id      uuid NOT NULL,
    version     int NOT NULL,
    specialty   text NOT NULL,
    name        text NOT NULL,
    lines       text[] NOT NULL,
    tests       text[] NOT NULL,
    state       text NOT NULL,
    at          timestamptz NOT NULL,
    actor_id    uuid NOT NULL,
    PRIMARY KEY (hospital_id, set_id, version),
    FOREIGN KEY (hospital_id, set_id) REFERENCES orders.order_set
);

SELECT platform.protect(t)
  FROM unnest(ARRAY['orders.knowledge_signature', 'orders.order_set', 'orders.order_set_version']::regclass[]) AS t;
REVOKE UPDATE ON orders.knowledge_signature, orders.order_set_version FROM wardline_app;
