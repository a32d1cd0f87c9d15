-- What pharmacists decided about prescribed lines, and what was dispensed of them. Nothing is deleted.

-- One row for each decision and each answer; it belongs to the version of the order that it was made for. The last one counts,
-- and only while the order still has that version: absence means not verified.
CREATE TABLE orders.verification (
    hospital_id      uuid NOT NULL,
    medicine_id      uuid NOT NULL,
    number           int NOT NULL CHECK (number > 0),
    medicine_version int NOT NULL,
    state            text NOT NULL CHECK (state IN ('verified', 'queried', 'refused')),
    words            text NOT NULL DEFAULT '' CHECK (length(words) <= 1000),   -- the question, the reason, a remark
    answer           text NOT NULL DEFAULT '' CHECK (length(answer) <= 1000),  -- of the prescriber, to a question
    task_id          uuid,                               -- what the prescriber has to act on
    at               timestamptz NOT NULL,
    actor_id         uuid NOT NULL,
    CONSTRAINT verification_once PRIMARY KEY (hospital_id, medicine_id, number),
    FOREIGN KEY (hospital_id, medicine_id) REFERENCES orders.medicine,
    CHECK (state = 'verified' OR length(words) > 2),
    CHECK (answer = '' OR state = 'queried')
);
SELECT platform.protect('orders.verification');
REVOKE UPDATE ON orders.verification FROM wardline_app;

-- The version of the order that was last verified or refused: what differs from the order's own waits for a pharmacist.
ALTER TABLE orders.medicine ADD COLUMN settled_version int;
CREATE INDEX medicine_unsettled ON orders.medicine (hospital_id, prescribed_at)
    WHERE state = 'active' AND settled_version IS DISTINCT FROM version;

CREATE SCHEMA pharmacy;
GRANT USAGE ON SCHEMA pharmacy TO wardline_app;

-- How far the supply of a verified order is.
CREATE TABLE pharmacy.supply (
    hospital_id      uuid NOT NULL,
    medicine_id      uuid NOT NULL,
    medicine_version int NOT NULL,
    state            text NOT NULL CHECK (state IN ('ready', 'part', 'done', 'declined', 'ended')),
    reason           text NOT NULL DEFAULT '' CHECK (length(reason) <= 500),   -- why it is not dispensed
    owed             int NOT NULL DEFAULT 0 CHECK (owed >= 0),
    task_id          uuid,                               -- of what is owed
    since            timestamptz NOT NULL,
    PRIMARY KEY (hospital_id, medicine_id),
    FOREIGN KEY (hospital_id, medicine_id) REFERENCES orders.medicine,
    CHECK ((state = 'part') = (owed > 0)),
    CHECK (state <> 'declined' OR length(reason) > 2)
) WITH (fillfactor = 80);
CREATE INDEX supply_waiting ON pharmacy.supply (hospital_id, since) WHERE state IN ('ready', 'part');
SELECT platform.protect('pharmacy.supply');

CREATE SEQUENCE pharmacy.dispense_number START 100000001;
GRANT USAGE ON SEQUENCE pharmacy.dispense_number TO wardline_app;

CREATE TABLE pharmacy.dispense (                         -- FHIR MedicationDispense
    hospital_id         uuid NOT NULL,
    id                  uuid NOT NULL,
    number              text NOT NULL CHECK (number ~ '^D[0-9]{9,12}$'),       -- as the label carries it
    medicine_id         uuid NOT NULL,
    medicine_version    int NOT NULL,
    person_id           uuid NOT NULL,
    encounter_id        uuid NOT NULL,
    store_id            uuid NOT NULL,
    product_id          uuid NOT NULL,
    product             text NOT NULL,                   -- amoxicillin 500 mg capsule, as it was called then
    unit                text NOT NULL,                   -- capsules, ml
    dosage              text NOT NULL,                   -- the order's line in words
    type                text NOT NULL CHECK (type IN ('complete', 'partial')),
    status              text NOT NULL DEFAULT 'in_progress' CHECK (status IN ('in_progress', 'completed', 'cancelled')),
    quantity            int NOT NULL CHECK (quantity > 0),
    owed                int NOT NULL DEFAULT 0 CHECK (owed >= 0),
    returned            int NOT NULL DEFAULT 0 CHECK (returned >= 0),
    days_supply         int CHECK (days_supply > 0),
    substitution_reason text NOT NULL DEFAULT '' CHECK (length(substitution_reason) <= 500),
    lot_reason          text NOT NULL DEFAULT '' CHECK (length(lot_reason) <= 500),
    witness_id          uuid,
    when_prepared       timestamptz NOT NULL,
    prepared_by         uuid NOT NULL,
    when_handed_over    timestamptz,
    handed_over_by      uuid,
    received_by         text NOT NULL DEFAULT '' CHECK (length(received_by) <= 120),
    although            text NOT NULL DEFAULT '' CHECK (length(although) <= 500),  -- why, of an order that changed meanwhile
    version             int NOT NULL DEFAULT 1,
    PRIMARY KEY (hospital_id, id),
    CONSTRAINT dispense_number_once UNIQUE (hospital_id, number),
    FOREIGN KEY (hospital_id, medicine_id) REFERENCES orders.medicine,
    CHECK (returned <= quantity),
    CHECK ((type = 'partial') = (owed > 0)),
    CHECK ((when_handed_over IS NULL) = (handed_over_by IS NULL)),
    CHECK (status <> 'completed' OR when_handed_over IS NOT NULL),
    CHECK (status <> 'cancelled' OR returned = quantity)
) WITH (fillfactor = 80);
CREATE INDEX dispense_medicine ON pharmacy.dispense (hospital_id, medicine_id, when_prepared DESC);
CREATE INDEX dispense_person ON pharmacy.dispense (hospital_id, person_id, when_prepared DESC);
CREATE INDEX dispense_waiting ON pharmacy.dispense (hospital_id, when_prepared) WHERE status = 'in_progress';
SELECT platform.protect('pharmacy.dispense');

CREATE TABLE pharmacy.dispense_lot (                     -- which lots it came from
    hospital_id uuid NOT NULL,
    dispense_id uuid NOT NULL,
    lot_id      uuid NOT NULL,
    lot_number  text NOT NULL,
    expires_on  date NOT NULL,
    quantity    int NOT NULL CHECK (quantity > 0),
    returned    int NOT NULL DEFAULT 0,
    PRIMARY KEY (hospital_id, dispense_id, lot_id),
    FOREIGN KEY (hospital_id, dispense_id) REFERENCES pharmacy.dispense,
    CONSTRAINT dispense_lot_returned CHECK (returned BETWEEN 0 AND quantity)
);
SELECT platform.protect('pharmacy.dispense_lot');

CREATE TABLE pharmacy.dispense_return (
    hospital_id uuid NOT NULL,
    id          uuid NOT NULL,
    dispense_id uuid NOT NULL,
    lot_id      uuid NOT NULL,
    quantity    int NOT NULL CHECK (quantity > 0),
    reason      text NOT NULL CHECK (length(reason) BETWEEN 3 AND 500),
    witness_id  uuid,
    at          timestamptz NOT NULL,
    actor_id    uuid NOT NULL,
    PRIMARY KEY (hospital_id, id),
    FOREIGN KEY (hospital_id, dispense_id, lot_id) REFERENCES pharmacy.dispense_lot
);
CREATE INDEX dispense_return_of ON pharmacy.dispense_return (hospital_id, dispense_id);
SELECT platform.protect('pharmacy.dispense_return');
REVOKE UPDATE ON pharmacy.dispense_return FROM wardline_app;
