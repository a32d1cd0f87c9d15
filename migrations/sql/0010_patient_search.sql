-- Patient search over ten million people. One row for each registration holds what is looked for, so that a hospital's
-- own people are found under row-level security with leakproof operators only (=, >=, <, on text in "C" order).

-- The twin of wardline.patients.rules.plain(); a test compares the two.
CREATE FUNCTION patients.plain(name text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN name ~ '^[A-Za-z]+( [A-Za-z]+)*$' THEN lower(name) ELSE btrim(regexp_replace(lower(translate(
        replace(replace(replace(replace(replace(replace(replace(replace(
            regexp_replace(normalize(translate(name, '''’‘ʼ`´', ''), NFKD), U&'[\0300-\036F]+', '', 'g'),
            'ß', 'ss'), U&'\1E9E', 'ss'), 'æ', 'ae'), 'Æ', 'ae'), 'œ', 'oe'), 'Œ', 'oe'), 'þ', 'th'), 'Þ', 'th'),
            'øØđĐðÐłŁħĦıς''’‘ʼ`´', 'ooddddllhhiσ')),
        U&'[\0001-/:-@\\[-`{-\00BF\00D7\00F7\2000-\206F\3000-\303F]+', ' ', 'g')) END
$$;

-- The twin of rules.joined_particles(): "van der berg" becomes "vanderberg".
CREATE FUNCTION patients.joined(words text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN position(' ' IN words) = 0 THEN words ELSE regexp_replace(words,
        '\m(al|ap|bin|da|das|de|del|della|den|der|di|do|dos|du|el|fitz|ibn|la|le|les|mac|mc|o|san|st|ten|ter|van|vander|vom|von|zu) +(?=[^ ])',
        '\1', 'g') END
$$;

CREATE FUNCTION patients.search_key(family text, given text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT btrim(patients.joined(patients.plain(family)) || ' ' || patients.plain(given))
$$;

-- How a name sounds: double metaphone of the family name and of the first given name.
CREATE FUNCTION patients.sound(family text, given text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT public.dmetaphone(replace(patients.joined(patients.plain(family)), ' ', '')) || ' '
        || public.dmetaphone(split_part(patients.plain(given), ' ', 1))
$$;

-- The last nine digits of a phone, backwards, so that a number is found by how it ends, whatever its prefix.
CREATE FUNCTION patients.phone_key(phone text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT reverse(right(ltrim(regexp_replace(phone, '[^0-9]', '', 'g'), '0'), 9))
$$;

CREATE TABLE patients.search (
    hospital_id uuid NOT NULL,
    person_id   uuid NOT NULL,
    key         text COLLATE "C" NOT NULL,      -- plain "family given"
    given       text COLLATE "C" NOT NULL,      -- plain given names
    sound       text COLLATE "C" NOT NULL,
    phone       text COLLATE "C" NOT NULL,      -- from the last digit; empty: none
    born_on     date
) WITH (fillfactor = 90);

-- Every distinct word of a name with how many people bear it. Names only: it says nothing about anybody.
CREATE TABLE patients.name_word (
    word         text COLLATE "C" PRIMARY KEY,
    sound        text COLLATE "C" NOT NULL,
    family_count bigint NOT NULL DEFAULT 0,
    given_count  bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 70);
CREATE INDEX name_word_alike ON patients.name_word USING gin (word public.gin_trgm_ops);
CREATE INDEX name_word_sound ON patients.name_word (sound);
GRANT SELECT ON patients.name_word TO wardline_app;

CREATE INDEX identifier_value ON patients.identifier (value);

-- Built apart, so that a bulk load can drop the indexes first and build them once.
CREATE FUNCTION patients.build_search_indexes() RETURNS void LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    ALTER TABLE patients.search ADD PRIMARY KEY (hospital_id, person_id);
    CREATE INDEX search_key ON patients.search (hospital_id, key);
    CREATE INDEX search_given ON patients.search (hospital_id, given, key);
    CREATE INDEX search_person ON patients.search (person_id);
    CREATE INDEX search_born ON patients.search (born_on, hospital_id, key);
    CREATE INDEX search_sound ON patients.search (sound, born_on);
    CREATE INDEX search_phone ON patients.search (phone, hospital_id) WHERE phone <> '';
$$;
CREATE FUNCTION patients.drop_search_indexes() RETURNS void LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    ALTER TABLE patients.search DROP CONSTRAINT IF EXISTS search_pkey;
    DROP INDEX IF EXISTS patients.search_key, patients.search_given, patients.search_person,
        patients.search_born, patients.search_sound, patients.search_phone;
$$;
SELECT patients.build_search_indexes();

ALTER TABLE patients.search ENABLE ROW LEVEL SECURITY;
ALTER TABLE patients.search FORCE ROW LEVEL SECURITY;
CREATE POLICY own_hospital ON patients.search FOR SELECT USING (hospital_id = current_setting('app.hospital_id')::uuid);
GRANT SELECT ON patients.search TO wardline_app;

-- What the search knows of each person. Long names are cut: an index row has a limit, and one letter can stand for many
-- (a ligature). A view, so that its expressions become part of the statement that reads it.
CREATE VIEW patients.search_source WITH (security_invoker = on) AS
    SELECT p.id AS person_id, left(patients.search_key(p.family, p.given), 160) AS key,
           left(patients.plain(p.given), 80) AS given, patients.sound(p.family, p.given) AS sound,
           patients.phone_key(p.mobile) AS phone, p.born_on
      FROM patients.person p;

-- Counts words up or down in one order, so that two writers never wait for each other in a circle.
CREATE FUNCTION patients.count_words(family text, given text, step int) RETURNS void LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO patients.name_word AS w (word, sound, family_count, given_count)
    SELECT t.word, public.dmetaphone(t.word), sum(t.family) * step, sum(t.given) * step
      FROM (SELECT left(word, 60) AS word, 1 AS family, 0 AS given
              FROM string_to_table(patients.joined(patients.plain(family)), ' ') AS word
             UNION ALL
            SELECT left(word, 60), 0, 1 FROM string_to_table(patients.plain(given), ' ') AS word) AS t
     WHERE t.word <> '' GROUP BY t.word ORDER BY t.word
    ON CONFLICT (word) DO UPDATE SET family_count = greatest(0, w.family_count + EXCLUDED.family_count),
                                     given_count = greatest(0, w.given_count + EXCLUDED.given_count);
$$;

CREATE FUNCTION patients.keep_search() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM patients.count_words(NEW.family, NEW.given, 1);
        RETURN NULL;
    END IF;
    IF (NEW.family, NEW.given) IS DISTINCT FROM (OLD.family, OLD.given) THEN
        PERFORM patients.count_words(OLD.family, OLD.given, -1);
        PERFORM patients.count_words(NEW.family, NEW.given, 1);
    END IF;
    UPDATE patients.search AS s
       SET key = n.key, given = n.given, sound = n.sound, phone = n.phone, born_on = n.born_on
      FROM patients.search_source n
     WHERE s.person_id = NEW.id AND n.person_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER person_added_to_search AFTER INSERT ON patients.person FOR EACH ROW EXECUTE FUNCTION patients.keep_search();
CREATE TRIGGER person_changed_in_search AFTER UPDATE OF family, given, mobile, born_on ON patients.person FOR EACH ROW
    WHEN ((NEW.family, NEW.given, NEW.mobile, NEW.born_on) IS DISTINCT FROM (OLD.family, OLD.given, OLD.mobile, OLD.born_on))
    EXECUTE FUNCTION patients.keep_search();

CREATE FUNCTION patients.search_registration() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO patients.search
    SELECT NEW.hospital_id, n.* FROM patients.search_source n WHERE n.person_id = NEW.person_id
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER registration_opens_search AFTER INSERT ON patients.registration
    FOR EACH ROW EXECUTE FUNCTION patients.search_registration();

-- After a bulk load that switched the triggers off (session_replication_role = replica): fill and index everything.
CREATE FUNCTION patients.rebuild_search() RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE rows bigint;
BEGIN
    PERFORM patients.drop_search_indexes();
    TRUNCATE patients.search, patients.name_word;
    INSERT INTO patients.name_word (word, sound, family_count, given_count)
    SELECT t.word, public.dmetaphone(t.word), sum(t.family), sum(t.given)
      FROM (SELECT left(word, 60) AS word, n AS family, 0 AS given
              FROM (SELECT family, count(*) AS n FROM patients.person GROUP BY family) f,
                   string_to_table(patients.joined(patients.plain(f.family)), ' ') AS word
             UNION ALL
            SELECT left(word, 60), 0, n
              FROM (SELECT given, count(*) AS n FROM patients.person GROUP BY given) g,
                   string_to_table(patients.plain(g.given), ' ') AS word) AS t
     WHERE t.word <> '' GROUP BY t.word;
    INSERT INTO patients.search
    SELECT r.hospital_id, n.* FROM patients.registration r JOIN patients.search_source n ON n.person_id = r.person_id;
    GET DIAGNOSTICS rows = ROW_COUNT;
    PERFORM patients.build_search_indexes();
    ANALYZE patients.search, patients.name_word;
    RETURN rows;
END $$;

-- --- Numbers ----------------------------------------------------------------------------------------------------------
CREATE SEQUENCE patients.network_serial MINVALUE 0 MAXVALUE 899999999;

-- The twin of rules.network_number(): modulus 11 check digit; null for a serial whose number would have none.
CREATE FUNCTION patients.network_number(serial bigint) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE body text := (100000000 + serial * 387420491 % 900000000)::text; rest int := 0;
BEGIN
    FOR place IN 1 .. 9 LOOP rest := rest + substr(body, place, 1)::int * (11 - place); END LOOP;
    rest := 11 - rest % 11;
    RETURN CASE WHEN rest = 10 THEN NULL ELSE body || (rest % 11) END;
END $$;

-- A number of the network that nobody has.
CREATE FUNCTION patients.next_network_number() RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE number text;
BEGIN
    LOOP
        number := patients.network_number(nextval('patients.network_serial'));
        IF number IS NOT NULL AND NOT EXISTS (SELECT 1 FROM patients.person p WHERE p.network_number = number) THEN
            RETURN number;
        END IF;
    END LOOP;
END $$;

-- The next record number of a hospital, NGH0000123. The counter's row makes fifty desks queue, so none is given twice.
CREATE FUNCTION patients.next_mrn(hospital uuid) RETURNS text LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    WITH counted AS (
        INSERT INTO patients.mrn_counter AS c (hospital_id, last_number) VALUES (hospital, 1)
        ON CONFLICT (hospital_id) DO UPDATE SET last_number = c.last_number + 1
        RETURNING last_number)
    SELECT h.code || lpad(counted.last_number::text, 7, '0') FROM counted, identity.hospital h WHERE h.id = hospital
$$;

-- --- People of the whole network, for the registration desk --------------------------------------------------------------
-- Who may be the person that is being registered, wherever they are known. Runs as owner, because row-level security
-- hides other hospitals' people: the caller's permission is checked by the route, and what leaves it is cut down there.
CREATE FUNCTION patients.people_alike(hospital uuid, typed_family text, typed_given text, typed_born date, typed_mobile text,
                                      typed_number text)
RETURNS TABLE (person_id uuid, network_number text, family text, given text, title text, sex text, born_on date,
               born_estimated boolean, mobile text, email text, postcode text, family_doctor text, photo_file text,
               is_ours boolean, last_visit_at timestamptz, last_place text, version int, family_share float8, given_share float8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH typed AS MATERIALIZED (
        SELECT left(patients.plain(typed_family), 2) AS start, patients.sound(typed_family, typed_given) AS sound,
               patients.sound(typed_given, typed_family) AS sound_swapped,
               patients.phone_key(typed_mobile) AS phone, greatest(c.reltuples, 0)::float8 + 10000 AS people
          FROM pg_catalog.pg_class c WHERE c.oid = 'patients.person'::regclass),
    found AS (
        (SELECT s.person_id FROM typed t, patients.search s WHERE typed_given <> '' AND s.sound = t.sound AND s.born_on = typed_born LIMIT 20)
        UNION (SELECT s.person_id FROM typed t, patients.search s
                WHERE s.born_on = typed_born AND s.key >= t.start AND s.key < t.start || chr(1114111) AND t.start <> '' LIMIT 30)
        UNION (SELECT s.person_id FROM typed t, patients.search s
                WHERE typed_given <> '' AND s.sound = t.sound
                  AND s.born_on >= typed_born - 366 AND s.born_on <= typed_born + 366 LIMIT 20)
        UNION (SELECT s.person_id FROM typed t, patients.search s
                WHERE typed_given <> '' AND s.sound IN (t.sound, t.sound_swapped) LIMIT 40)
        UNION (SELECT s.person_id FROM typed t, patients.search s
                WHERE length(t.phone) >= 7 AND s.phone <> '' AND s.phone = t.phone LIMIT 10)
        UNION (SELECT p.id FROM patients.person p WHERE p.network_number = typed_number))
    SELECT p.id, p.network_number, p.family, p.given, p.title, p.sex, p.born_on, p.born_estimated, p.mobile, p.email,
           p.postcode, p.family_doctor, p.photo_file, hospital = ANY (p.hospital_ids), r.last_visit_at,
           coalesce(r.last_place, ''), p.version,
           (coalesce((SELECT w.family_count FROM patients.name_word w
                       WHERE w.word = split_part(patients.joined(patients.plain(p.family)), ' ', 1)), 0) + 1) / t.people,
           (coalesce((SELECT w.given_count FROM patients.name_word w
                       WHERE w.word = split_part(patients.plain(p.given), ' ', 1)), 0) + 1) / t.people
      FROM found f
      JOIN patients.person p ON p.id = f.person_id
     CROSS JOIN typed t
      LEFT JOIN patients.registration r ON r.hospital_id = hospital AND r.person_id = p.id
     LIMIT 100
$$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA patients FROM PUBLIC;
GRANT USAGE ON SEQUENCE patients.network_serial TO wardline_app;
GRANT EXECUTE ON FUNCTION patients.plain(text), patients.joined(text), patients.search_key(text, text), patients.sound(text, text),
    patients.phone_key(text), patients.network_number(bigint), patients.next_network_number(), patients.next_mrn(uuid),
    patients.people_alike(uuid, text, text, date, text, text) TO wardline_app;
