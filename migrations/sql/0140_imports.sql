-- What other systems send: results of other laboratories, immunizations, and procedures that nobody here recorded.

-- A test of another laboratory has no bench here and cannot be asked for; its unit is part of what it is.
ALTER TABLE lab.test DROP CONSTRAINT test_bench_check, DROP CONSTRAINT test_loinc_key;
ALTER TABLE lab.test ADD CONSTRAINT test_bench_check
    CHECK (bench IN ('chemistry', 'haematology', 'coagulation', 'microbiology', 'elsewhere')) NOT VALID;
ALTER TABLE lab.test VALIDATE CONSTRAINT test_bench_check;
ALTER TABLE lab.test ADD CONSTRAINT test_elsewhere_is_not_asked_for CHECK (bench <> 'elsewhere' OR NOT active);
CREATE UNIQUE INDEX test_loinc_key ON lab.test (loinc) WHERE bench <> 'elsewhere';
CREATE UNIQUE INDEX test_elsewhere_unit ON lab.test (loinc, unit) WHERE bench = 'elsewhere';

-- The test of another laboratory by its LOINC code and unit; made when nobody has sent one before. Runs as owner: the
-- catalogue is the network's, and an import may only add to it what no bench works on.
CREATE FUNCTION lab.test_elsewhere(its_loinc text, its_name text, its_unit text, its_decimals int) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found text;
    stem  text := 'LOINC_' || replace(its_loinc, '-', '_');
BEGIN
    SELECT code INTO found FROM lab.test WHERE loinc = its_loinc AND unit = its_unit AND bench = 'elsewhere';
    IF found IS NOT NULL THEN RETURN found; END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(stem, 140));
    SELECT code INTO found FROM lab.test WHERE loinc = its_loinc AND unit = its_unit AND bench = 'elsewhere';
    IF found IS NOT NULL THEN RETURN found; END IF;
    INSERT INTO lab.test (code, name, loinc, loinc_name, unit, unit_words, decimals, specimen, container, bench,
                          turnaround_minutes, urgent_minutes, position, active)
    SELECT stem || CASE WHEN n.others > 0 THEN '_' || (n.others + 1) ELSE '' END, left(its_name, 80), its_loinc, its_name,
           its_unit, its_unit, its_decimals, 'Not told', 'Not told', 'elsewhere', 240, 60, 10000, false
      FROM (SELECT count(*) AS others FROM lab.test WHERE loinc = its_loinc AND bench = 'elsewhere') AS n
    RETURNING code INTO found;
    RETURN found;
END $$;
REVOKE EXECUTE ON FUNCTION lab.test_elsewhere(text, text, text, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lab.test_elsewhere(text, text, text, int) TO wardline_app;

-- A fresh number with its check digit (Luhn), as wardline.lab.rules.barcode().
CREATE FUNCTION lab.next_barcode() RETURNS text LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT n.digits || (10 - sum(CASE WHEN place % 2 = 0 THEN digit ELSE 2 * digit - 9 * (digit > 4)::int END) % 10) % 10
      FROM (SELECT lpad(nextval('lab.specimen_number')::text, 9, '0') AS digits) AS n,
           LATERAL (SELECT place, substr(n.digits, place, 1)::int AS digit FROM generate_series(1, 9) AS place) AS d
     GROUP BY n.digits
$$;

CREATE TABLE patients.immunization (          -- of the person, wherever it was given
    person_id   uuid NOT NULL REFERENCES patients.person,
    id          uuid NOT NULL,
    hospital_id uuid NOT NULL REFERENCES identity.hospital,    -- where it was recorded
    vaccine     text NOT NULL CHECK (length(vaccine) BETWEEN 1 AND 300),
    cvx         text CHECK (cvx ~ '^[0-9]{2,3}$'),
    given_on    date NOT NULL,
    lot         text NOT NULL DEFAULT '' CHECK (length(lot) <= 40),
    version     int NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    created_by  uuid,                                          -- none where an import recorded it
    PRIMARY KEY (person_id, id)
);
SELECT platform.protect('patients.immunization', 'EXISTS (SELECT 1 FROM patients.registration r
    WHERE r.person_id = patients.immunization.person_id AND r.hospital_id = current_setting(''app.hospital_id'')::uuid)');

-- None of the staff recorded what an import brought.
ALTER TABLE encounters.procedure ALTER COLUMN created_by DROP NOT NULL;
