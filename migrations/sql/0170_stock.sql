-- Every count is a line of the ledger. Controlled drugs are so by the drug table. Stores and suppliers close. Wards ask.

-- --- the ledger: a count that found what was expected is a line too, so that the register shows who looked and when ---
ALTER TABLE stock.entry DROP CONSTRAINT entry_quantity_check, DROP CONSTRAINT entry_explained;
ALTER TABLE stock.entry ADD CONSTRAINT entry_moves CHECK (quantity <> 0 OR kind = 'count') NOT VALID,
                        ADD CONSTRAINT entry_explained CHECK (quantity = 0 OR kind NOT IN ('write_off', 'count') OR length(reason) > 2)
                        NOT VALID;

CREATE OR REPLACE FUNCTION stock.post_entry() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE used int := 0; is_quarantined boolean; kept_in text; is_open boolean;
BEGIN
    -- The policy on stock.entry lets nobody write another hospital's line, so what is changed here is theirs.
    SELECT l.product_id, p.is_controlled, l.is_quarantined INTO NEW.product_id, NEW.is_controlled, is_quarantined
      FROM stock.lot l JOIN stock.product p ON p.hospital_id = l.hospital_id AND p.id = l.product_id
     WHERE l.hospital_id = NEW.hospital_id AND l.id = NEW.lot_id;
    -- The lock is the foreign key's own. Who closes a store holds it against that, so nothing comes into a store that is closed.
    SELECT s.kind, s.active INTO kept_in, is_open FROM stock.store s
     WHERE s.hospital_id = NEW.hospital_id AND s.id = NEW.store_id FOR KEY SHARE;
    IF NOT is_open THEN
        RAISE EXCEPTION 'the store is closed' USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_store_open';
    END IF;
    -- What lay in an open store when its drug became a controlled one is counted there, sent to a cabinet or written off, and what
    -- was dispensed of it comes back to it, and what was on its way to it arrives; nothing new is put there and nothing is
    -- handed out of it.
    IF NEW.is_controlled AND kept_in <> 'controlled'
       AND (NEW.kind IN ('receipt', 'dispense')
            OR (NEW.kind = 'transfer_in' AND NOT EXISTS (
                SELECT FROM stock.entry o
                 WHERE o.hospital_id = NEW.hospital_id AND o.reference = NEW.reference AND o.lot_id = NEW.lot_id
                   AND o.kind = 'transfer_out' AND NOT o.is_controlled))) THEN
        RAISE EXCEPTION 'a controlled drug lies in a controlled cabinet' USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_locked_away';
    END IF;
    IF is_quarantined AND NEW.kind = 'dispense' THEN
        RAISE EXCEPTION 'the lot is in quarantine' USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_quarantined';
    END IF;
    UPDATE stock.shelf s SET quantity = s.quantity + NEW.quantity, entries = s.entries + 1
     WHERE s.hospital_id = NEW.hospital_id AND s.store_id = NEW.store_id AND s.product_id = NEW.product_id
    RETURNING s.quantity, s.entries INTO NEW.balance, NEW.number;
    IF NOT FOUND THEN
        INSERT INTO stock.shelf AS s (hospital_id, store_id, product_id, quantity, entries, created_at)
        VALUES (NEW.hospital_id, NEW.store_id, NEW.product_id, NEW.quantity, 1, NEW.at)
            ON CONFLICT (hospital_id, store_id, product_id) DO UPDATE SET quantity = s.quantity + NEW.quantity, entries = s.entries + 1
        RETURNING s.quantity, s.entries INTO NEW.balance, NEW.number;
    END IF;
    UPDATE stock.level v SET quantity = v.quantity + NEW.quantity, version = v.version + 1
     WHERE v.hospital_id = NEW.hospital_id AND v.store_id = NEW.store_id AND v.lot_id = NEW.lot_id
    RETURNING v.quantity INTO NEW.lot_balance;
    IF NOT FOUND THEN
        INSERT INTO stock.level AS v (hospital_id, store_id, lot_id, product_id, quantity)
        VALUES (NEW.hospital_id, NEW.store_id, NEW.lot_id, NEW.product_id, NEW.quantity)
        RETURNING v.quantity INTO NEW.lot_balance;
    END IF;
    IF NEW.kind IN ('dispense', 'transfer_out', 'return') THEN used := -NEW.quantity; END IF;
    IF used <> 0 THEN
        INSERT INTO stock.day_use AS d (hospital_id, store_id, product_id, day, quantity)
        VALUES (NEW.hospital_id, NEW.store_id, NEW.product_id, (NEW.at AT TIME ZONE 'UTC')::date, used)
            ON CONFLICT (hospital_id, store_id, product_id, day) DO UPDATE SET quantity = d.quantity + used;
    END IF;
    RETURN NEW;
END $$;
-- --- controlled drugs: what the drug table knows by its schedule is marked so, whatever somebody ticked ----------------
-- What of it lies in an open store is listed on the page of the stock, to be sent to a cabinet.
UPDATE stock.product SET is_controlled = true, version = version + 1
 WHERE NOT is_controlled
   AND (ingredient IN ('alfentanil', 'amfetamine', 'dexamfetamine', 'dexmethylphenidate', 'dextropropoxyphene', 'diamorphine',
                       'esketamine', 'fentanyl', 'hydrocodone', 'hydromorphone', 'ketamine', 'ketobemidone', 'levomethadone',
                       'levomethadyl', 'levorphanol', 'lisdexamfetamine', 'metamfetamine', 'methadone', 'methylphenidate',
                       'morphine', 'opium', 'oxycodone', 'oxymorphone', 'pethidine', 'piritramide', 'remifentanil', 'sufentanil',
                       'tapentadol', 'tilidine', 'amfepramone', 'buprenorphine', 'flunitrazepam', 'midazolam', 'pentazocine',
                       'phenobarbital', 'phentermine', 'temazepam', 'tramadol', 'hydrocodone-paracetamol',
                       'oxycodone-paracetamol', 'oxycodone-naloxone', 'oxycodone-aspirin', 'buprenorphine-naloxone',
                       'phentermine-topiramate', 'tramadol-paracetamol')
        OR (ingredient IN ('codeine', 'dihydrocodeine') AND form = 'injection'));

-- --- stores and suppliers that are closed, with the reason --------------------------------------------------------------
ALTER TABLE stock.store ADD COLUMN closed_reason text NOT NULL DEFAULT '' CHECK (length(closed_reason) <= 400);
ALTER TABLE stock.supplier ADD COLUMN closed_reason text NOT NULL DEFAULT '' CHECK (length(closed_reason) <= 400);

-- --- what a ward asks the pharmacy for ----------------------------------------------------------------------------------
CREATE TABLE stock.request (
    hospital_id uuid NOT NULL,
    id          uuid NOT NULL,
    number      int NOT NULL DEFAULT nextval('stock.paper_number'),
    ward_id     uuid NOT NULL,
    store_id    uuid NOT NULL,                           -- the ward's own, where it is wanted
    product_id  uuid NOT NULL,
    quantity    int NOT NULL CHECK (quantity BETWEEN 1 AND 1000000),
    note        text NOT NULL DEFAULT '' CHECK (length(note) <= 400),
    state       text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'sent', 'declined', 'withdrawn')),
    transfer_id uuid,                                    -- what was sent for it
    task_id     uuid NOT NULL,                           -- of the pharmacists
    reason      text NOT NULL DEFAULT '' CHECK (length(reason) <= 400),    -- why not, or why less
    ended_at    timestamptz,
    ended_by    uuid,
    version     int NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL,
    created_by  uuid NOT NULL,
    PRIMARY KEY (hospital_id, id),
    FOREIGN KEY (hospital_id, ward_id) REFERENCES identity.ward,
    FOREIGN KEY (hospital_id, store_id) REFERENCES stock.store,
    FOREIGN KEY (hospital_id, product_id) REFERENCES stock.product,
    FOREIGN KEY (hospital_id, transfer_id) REFERENCES stock.transfer,
    CHECK ((state = 'asked') = (ended_at IS NULL)),
    CHECK ((state = 'sent') = (transfer_id IS NOT NULL)),
    CHECK (state <> 'declined' OR length(reason) > 2)
);
CREATE INDEX request_open ON stock.request (hospital_id, created_at) WHERE state = 'asked';
CREATE INDEX request_ward ON stock.request (hospital_id, ward_id, created_at DESC);
SELECT platform.protect('stock.request');

-- --- dispensing: why more than the order needs, and what comes back opened ---------------------------------------------
ALTER TABLE pharmacy.dispense ADD COLUMN quantity_reason text NOT NULL DEFAULT '' CHECK (length(quantity_reason) <= 500);
ALTER TABLE pharmacy.dispense_return ADD COLUMN is_opened boolean NOT NULL DEFAULT false;

-- Every step of the supply counts, so that two people who say that the ward has it are told of each other.
ALTER TABLE pharmacy.supply ADD COLUMN version int NOT NULL DEFAULT 1;

-- Who has something of a lot: asked when it is recalled.
CREATE INDEX dispense_lot_lot ON pharmacy.dispense_lot (hospital_id, lot_id);
