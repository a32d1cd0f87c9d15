-- A transfer on its way is taken back by the store that sent it, with the reason. The previous version only reads the new state.
ALTER TABLE stock.transfer DROP CONSTRAINT transfer_state_check;
ALTER TABLE stock.transfer ADD CONSTRAINT transfer_state_check CHECK (state IN ('sent', 'received', 'received_short', 'recalled')) NOT VALID,
                           ADD CONSTRAINT transfer_recalled CHECK (state <> 'recalled' OR length(reason) > 2) NOT VALID;

-- What a ward asked for, by the transfer that answered it.
CREATE INDEX request_transfer ON stock.request (hospital_id, transfer_id) WHERE transfer_id IS NOT NULL;

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
    -- What was sent and is taken back on its way was not used after all.
    IF NEW.kind IN ('dispense', 'transfer_out', 'return')
       OR (NEW.kind = 'transfer_in' AND EXISTS (
           SELECT FROM stock.entry o
            WHERE o.hospital_id = NEW.hospital_id AND o.reference = NEW.reference AND o.lot_id = NEW.lot_id
              AND o.store_id = NEW.store_id AND o.kind = 'transfer_out')) THEN used := -NEW.quantity; END IF;
    IF used <> 0 THEN
        INSERT INTO stock.day_use AS d (hospital_id, store_id, product_id, day, quantity)
        VALUES (NEW.hospital_id, NEW.store_id, NEW.product_id, (NEW.at AT TIME ZONE 'UTC')::date, used)
            ON CONFLICT (hospital_id, store_id, product_id, day) DO UPDATE SET quantity = d.quantity + used;
    END IF;
    RETURN NEW;
END $$;
