-- Stock: where medicines are kept, which lots of them, and a ledger that nobody can write past. Nothing is deleted.
CREATE SCHEMA stock;
GRANT USAGE ON SCHEMA stock TO wardline_app;

CREATE TABLE stock.store (                               -- a place of a hospital where medicines are kept
    hospital_id uuid NOT NULL REFERENCES identity.hospital,
    id          uuid NOT NULL,
    name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    kind        text NOT NULL CHECK (kind IN ('pharmacy', 'ward', 'controlled')),
    ward_id     uuid,                                    -- whose cupboard or cabinet it is; null: the pharmacy's
    active      boolean NOT NULL DEFAULT true,
    version     int NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    created_by  uuid,
    PRIMARY KEY (hospital_id, id),
    CONSTRAINT store_name UNIQUE (hospital_id, name),
    FOREIGN KEY (hospital_id, ward_id) REFERENCES identity.ward,
    CHECK (kind <> 'ward' OR ward_id IS NOT NULL)
);

CREATE TABLE stock.product (                             -- what is kept: counted in single units, bought in packs
    hospital_id   uuid NOT NULL REFERENCES identity.hospital,
    id            uuid NOT NULL,
    ingredient    text NOT NULL CHECK (length(ingredient) BETWEEN 1 AND 200), -- as the drug table writes it
    form          text NOT NULL CHECK (length(form) BETWEEN 1 AND 60),
    strength      text NOT NULL CHECK (length(strength) BETWEEN 1 AND 60),
    unit          text NOT NULL CHECK (length(unit) BETWEEN 1 AND 30),        -- tablet, vial, bottle
    pack_quantity int NOT NULL CHECK (pack_quantity BETWEEN 1 AND 100000),
    gtin          text CHECK (gtin ~ '^[0-9]{14}$'),
    is_controlled boolean NOT NULL DEFAULT false,
    active        boolean NOT NULL DEFAULT true,
    version       int NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL DEFAULT now(),
    created_by    uuid,
    PRIMARY KEY (hospital_id, id),
    CONSTRAINT product_once UNIQUE (hospital_id, ingredient, form, strength, pack_quantity)
);
CREATE UNIQUE INDEX product_gtin ON stock.product (hospital_id, gtin) WHERE gtin IS NOT NULL;

CREATE TABLE stock.lot (
    hospital_id   uuid NOT NULL,
    id            uuid NOT NULL,
    product_id    uuid NOT NULL,
    number        text NOT NULL CHECK (length(number) BETWEEN 1 AND 20),     -- GS1 AI (10): up to 20 signs
    expires_on    date NOT NULL,
    is_quarantined boolean NOT NULL DEFAULT false,
    quarantine_reason text NOT NULL DEFAULT '' CHECK (length(quarantine_reason) <= 400),
    version       int NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL DEFAULT now(),
    created_by    uuid,
    PRIMARY KEY (hospital_id, id),
    CONSTRAINT lot_once UNIQUE (hospital_id, product_id, number),
    FOREIGN KEY (hospital_id, product_id) REFERENCES stock.product,
    CHECK (NOT is_quarantined OR length(quarantine_reason) > 2)
);
CREATE INDEX lot_expiry ON stock.lot (hospital_id, expires_on);

-- What lies where. Only the ledger writes the quantities: the application holds no right to.
CREATE TABLE stock.shelf (                               -- a product in a store, over all its lots
    hospital_id   uuid NOT NULL,
    store_id      uuid NOT NULL,
    product_id    uuid NOT NULL,
    quantity      int NOT NULL DEFAULT 0,
    entries       int NOT NULL DEFAULT 0,                -- lines of the ledger so far: the next one's number
    reorder_level int NOT NULL DEFAULT 0 CHECK (reorder_level BETWEEN 0 AND 1000000),
    target_level  int NOT NULL DEFAULT 0 CHECK (target_level BETWEEN 0 AND 1000000),
    version       int NOT NULL DEFAULT 1,                -- of the thresholds
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (hospital_id, store_id, product_id),
    FOREIGN KEY (hospital_id, store_id) REFERENCES stock.store,
    FOREIGN KEY (hospital_id, product_id) REFERENCES stock.product,
    CONSTRAINT shelf_not_negative CHECK (quantity >= 0),
    CONSTRAINT shelf_too_much CHECK (quantity <= 1000000000),
    CHECK (target_level >= reorder_level)
) WITH (fillfactor = 70);

CREATE TABLE stock.level (                               -- a lot in a store
    hospital_id uuid NOT NULL,
    store_id    uuid NOT NULL,
    lot_id      uuid NOT NULL,
    product_id  uuid NOT NULL,
    quantity    int NOT NULL DEFAULT 0,
    version     int NOT NULL DEFAULT 1,                  -- rises with every movement: a count says what it looked at
    PRIMARY KEY (hospital_id, store_id, lot_id),
    FOREIGN KEY (hospital_id, store_id) REFERENCES stock.store,
    FOREIGN KEY (hospital_id, lot_id) REFERENCES stock.lot,
    CONSTRAINT level_not_negative CHECK (quantity >= 0)
) WITH (fillfactor = 70);
CREATE INDEX level_product ON stock.level (hospital_id, product_id, store_id) WHERE quantity > 0;
CREATE INDEX level_lot ON stock.level (hospital_id, lot_id) WHERE quantity > 0;

CREATE TABLE stock.day_use (                             -- what left a store for use on a day, summed by the ledger
    hospital_id uuid NOT NULL,
    store_id    uuid NOT NULL,
    product_id  uuid NOT NULL,
    day         date NOT NULL,                           -- of UTC
    quantity    int NOT NULL,                            -- returns count against it
    PRIMARY KEY (hospital_id, store_id, product_id, day),
    FOREIGN KEY (hospital_id, store_id, product_id) REFERENCES stock.shelf
) WITH (fillfactor = 70);

CREATE TABLE stock.entry (                               -- the ledger: one line for each movement, append-only
    hospital_id   uuid NOT NULL,
    id            uuid NOT NULL,
    at            timestamptz NOT NULL,
    store_id      uuid NOT NULL,
    lot_id        uuid NOT NULL,
    product_id    uuid NOT NULL,                         -- these five are written by the trigger
    is_controlled boolean NOT NULL,
    number        int NOT NULL,                          -- of the line, without gaps, for a product in a store
    lot_balance   int NOT NULL,
    balance       int NOT NULL,                          -- of the product in the store after this line
    kind          text NOT NULL CHECK (kind IN ('receipt', 'dispense', 'return', 'transfer_in', 'transfer_out', 'write_off', 'count')),
    quantity      int NOT NULL CHECK (quantity <> 0),
    reference     uuid,                                  -- the dispensing, the transfer, the order, the count
    reason        text NOT NULL DEFAULT '' CHECK (length(reason) <= 400),
    actor_id      uuid NOT NULL,
    witness_id    uuid,
    PRIMARY KEY (hospital_id, id, at),
    FOREIGN KEY (hospital_id, store_id) REFERENCES stock.store,
    FOREIGN KEY (hospital_id, lot_id) REFERENCES stock.lot,
    CONSTRAINT entry_direction CHECK (CASE WHEN kind IN ('receipt', 'return', 'transfer_in') THEN quantity > 0
                                           WHEN kind = 'count' THEN true ELSE quantity < 0 END),
    CONSTRAINT entry_explained CHECK (kind NOT IN ('write_off', 'count') OR length(reason) > 2),
    CONSTRAINT entry_witnessed CHECK (NOT is_controlled OR witness_id IS NOT NULL),
    CONSTRAINT entry_two_people CHECK (witness_id <> actor_id)
) PARTITION BY RANGE (at);
CREATE INDEX entry_shelf ON stock.entry (hospital_id, store_id, product_id, number DESC);
CREATE INDEX entry_reference ON stock.entry (hospital_id, reference) WHERE reference IS NOT NULL;
SELECT platform.ensure_partitions('stock.entry', interval '1 month', now() - interval '1 month', 14);
CREATE TABLE stock.entry_other PARTITION OF stock.entry DEFAULT;

CREATE TABLE stock.stock_count (                         -- somebody looked and counted
    hospital_id uuid NOT NULL,
    id          uuid NOT NULL,
    store_id    uuid NOT NULL,
    lot_id      uuid NOT NULL,
    expected    int NOT NULL CHECK (expected >= 0),
    counted     int NOT NULL CHECK (counted BETWEEN 0 AND 1000000),
    reason      text NOT NULL DEFAULT '' CHECK (length(reason) <= 400),
    at          timestamptz NOT NULL,
    actor_id    uuid NOT NULL,
    witness_id  uuid,
    PRIMARY KEY (hospital_id, id),
    FOREIGN KEY (hospital_id, store_id) REFERENCES stock.store,
    FOREIGN KEY (hospital_id, lot_id) REFERENCES stock.lot,
    CONSTRAINT count_explained CHECK (counted = expected OR length(reason) > 2)
);
CREATE INDEX stock_count_newest ON stock.stock_count (hospital_id, store_id, lot_id, at DESC);

CREATE SEQUENCE stock.paper_number START 100001;         -- numbers of transfers and orders, as they are spoken
GRANT USAGE ON SEQUENCE stock.paper_number TO wardline_app;

CREATE TABLE stock.transfer (
    hospital_id   uuid NOT NULL,
    id            uuid NOT NULL,
    number        int NOT NULL DEFAULT nextval('stock.paper_number'),
    from_store_id uuid NOT NULL,
    to_store_id   uuid NOT NULL,
    state         text NOT NULL DEFAULT 'sent' CHECK (state IN ('sent', 'received', 'received_short')),
    sent_at       timestamptz NOT NULL,
    sent_by       uuid NOT NULL,
    received_at   timestamptz,
    received_by   uuid,
    reason        text NOT NULL DEFAULT '' CHECK (length(reason) <= 400),  -- why less arrived
    version       int NOT NULL DEFAULT 1,
    PRIMARY KEY (hospital_id, id),
    FOREIGN KEY (hospital_id, from_store_id) REFERENCES stock.store,
    FOREIGN KEY (hospital_id, to_store_id) REFERENCES stock.store,
    CHECK (from_store_id <> to_store_id),
    CHECK ((state = 'sent') = (received_at IS NULL)),
    CHECK (state <> 'received_short' OR length(reason) > 2)
);
CREATE INDEX transfer_on_its_way ON stock.transfer (hospital_id, sent_at) WHERE state = 'sent';
CREATE INDEX transfer_newest ON stock.transfer (hospital_id, sent_at DESC);

CREATE TABLE stock.transfer_line (
    hospital_id uuid NOT NULL,
    transfer_id uuid NOT NULL,
    lot_id      uuid NOT NULL,
    sent        int NOT NULL CHECK (sent > 0),
    received    int CHECK (received BETWEEN 0 AND sent),
    PRIMARY KEY (hospital_id, transfer_id, lot_id),
    FOREIGN KEY (hospital_id, transfer_id) REFERENCES stock.transfer,
    FOREIGN KEY (hospital_id, lot_id) REFERENCES stock.lot
);

CREATE TABLE stock.supplier (
    hospital_id uuid NOT NULL REFERENCES identity.hospital,
    id          uuid NOT NULL,
    name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    email       text NOT NULL DEFAULT '' CHECK (length(email) <= 120),
    phone       text NOT NULL DEFAULT '' CHECK (length(phone) <= 40),
    active      boolean NOT NULL DEFAULT true,
    version     int NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    created_by  uuid,
    PRIMARY KEY (hospital_id, id),
    CONSTRAINT supplier_name UNIQUE (hospital_id, name)
);

CREATE TABLE stock.purchase (                            -- an order to a supplier
    hospital_id uuid NOT NULL,
    id          uuid NOT NULL,
    number      int NOT NULL DEFAULT nextval('stock.paper_number'),
    supplier_id uuid NOT NULL,
    store_id    uuid NOT NULL,                           -- where it will be received
    state       text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'sent', 'partly_received', 'received', 'cancelled')),
    sent_at     timestamptz,
    sent_by     uuid,
    reason      text NOT NULL DEFAULT '' CHECK (length(reason) <= 400),    -- why cancelled
    version     int NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    created_by  uuid NOT NULL,
    PRIMARY KEY (hospital_id, id),
    FOREIGN KEY (hospital_id, supplier_id) REFERENCES stock.supplier,
    FOREIGN KEY (hospital_id, store_id) REFERENCES stock.store,
    CHECK (state IN ('draft', 'cancelled') OR sent_at IS NOT NULL),
    CHECK (state <> 'cancelled' OR length(reason) > 2)
);
CREATE INDEX purchase_newest ON stock.purchase (hospital_id, created_at DESC);
CREATE INDEX purchase_open ON stock.purchase (hospital_id, store_id) WHERE state IN ('draft', 'sent', 'partly_received');

CREATE TABLE stock.purchase_line (
    hospital_id uuid NOT NULL,
    purchase_id uuid NOT NULL,
    product_id  uuid NOT NULL,
    ordered     int NOT NULL CHECK (ordered BETWEEN 0 AND 1000000),        -- units, not packs; 0: taken off the draft
    received    int NOT NULL DEFAULT 0 CHECK (received >= 0),
    PRIMARY KEY (hospital_id, purchase_id, product_id),
    FOREIGN KEY (hospital_id, purchase_id) REFERENCES stock.purchase,
    FOREIGN KEY (hospital_id, product_id) REFERENCES stock.product
);

SELECT platform.protect(t)
  FROM unnest(ARRAY['stock.store', 'stock.product', 'stock.lot', 'stock.shelf', 'stock.level', 'stock.day_use', 'stock.entry',
                    'stock.stock_count', 'stock.transfer', 'stock.transfer_line', 'stock.supplier', 'stock.purchase',
                    'stock.purchase_line']::regclass[]) AS t;
REVOKE UPDATE ON stock.entry, stock.stock_count FROM wardline_app;
REVOKE INSERT, UPDATE ON stock.level, stock.day_use, stock.shelf FROM wardline_app;
GRANT INSERT (hospital_id, store_id, product_id, reorder_level, target_level), UPDATE (reorder_level, target_level, version)
    ON stock.shelf TO wardline_app;

-- A line of the ledger changes the shelf, the lot and the day's use in the same breath, so the sums cannot part.
-- The shelf's row is the lock of everything on it: it is always taken first.
CREATE FUNCTION stock.post_entry() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE used int := 0; is_quarantined boolean; kept_in text;
BEGIN
    -- The policy on stock.entry lets nobody write another hospital's line, so what is changed here is theirs.
    SELECT l.product_id, p.is_controlled, l.is_quarantined INTO NEW.product_id, NEW.is_controlled, is_quarantined
      FROM stock.lot l JOIN stock.product p ON p.hospital_id = l.hospital_id AND p.id = l.product_id
     WHERE l.hospital_id = NEW.hospital_id AND l.id = NEW.lot_id;
    SELECT s.kind INTO kept_in FROM stock.store s WHERE s.hospital_id = NEW.hospital_id AND s.id = NEW.store_id;
    IF NEW.is_controlled AND kept_in <> 'controlled' THEN
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
CREATE TRIGGER entry_posts BEFORE INSERT ON stock.entry FOR EACH ROW EXECUTE FUNCTION stock.post_entry();

-- Before something is taken: holds the shelves of these lots, then the lots, each in one order, so that a hundred takers stand
-- in line and none of them waits in a circle. A lot that is held cannot be put into quarantine meanwhile.
CREATE FUNCTION stock.hold(store uuid, lots uuid[])
RETURNS TABLE (lot_id uuid, product_id uuid, ingredient text, form text, strength text, unit text, is_controlled boolean,
               number text, expires_on date, is_quarantined boolean, quantity int, level_version int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE hospital uuid := current_setting('app.hospital_id')::uuid;
BEGIN
    PERFORM 1 FROM stock.shelf s
      WHERE s.hospital_id = hospital AND s.store_id = store
        AND s.product_id IN (SELECT l.product_id FROM stock.lot l WHERE l.hospital_id = hospital AND l.id = ANY(lots))
      ORDER BY s.product_id FOR NO KEY UPDATE;
    PERFORM 1 FROM stock.lot l WHERE l.hospital_id = hospital AND l.id = ANY(lots) ORDER BY l.id FOR SHARE;
    RETURN QUERY
        SELECT l.id, l.product_id, p.ingredient, p.form, p.strength, p.unit, p.is_controlled, l.number, l.expires_on,
               l.is_quarantined, coalesce(v.quantity, 0), coalesce(v.version, 0)
          FROM stock.lot l
          JOIN stock.product p ON p.hospital_id = l.hospital_id AND p.id = l.product_id
          LEFT JOIN stock.level v ON v.hospital_id = l.hospital_id AND v.store_id = store AND v.lot_id = l.id
         WHERE l.hospital_id = hospital AND l.id = ANY(lots)
         ORDER BY l.product_id, l.id;
END $$;
REVOKE EXECUTE ON FUNCTION stock.hold(uuid, uuid[]), stock.post_entry() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION stock.hold(uuid, uuid[]) TO wardline_app;
