-- A search sets the scope and finds in one round trip, way after way: what is found by the literal beginning makes the
-- dearer ways needless, and people are read whole only when they can be shown.

-- The commonest of the names that sound alike are wanted, six of up to two hundred. An index by count would have to follow
-- every registration; one by its size in steps of a quarter follows a common name seldom.
ALTER TABLE patients.name_word ADD COLUMN family_size smallint
    GENERATED ALWAYS AS (CASE WHEN family_count > 0 THEN floor(4 * ln(family_count::float8)) ELSE -1 END) STORED;
DROP INDEX patients.name_word_sound;
CREATE INDEX name_word_sound ON patients.name_word (sound, family_size DESC);

-- Who is registered here, as the list of people found shows them. Reads two rows for each.
CREATE TYPE patients.found AS (id uuid, network_number text, mrn text, family text, given text, title text, known_as text,
    sex text, born_on date, born_estimated boolean, deceased_on date, town text, has_photo boolean,
    last_visit_at timestamptz, last_place text, by_number boolean, family_count bigint);

-- `beginnings` are those of whole search keys, the typed words in their order first; `given` of given names alone;
-- `families` and `givens` belong together, as do `alike_families` and `alike_givens`, which are looked for by sound.
-- Twenty are shown at most. While nothing but a name is typed, twenty who fit literally leave no room for those who only
-- sound alike, or whose given name only begins so; and when a birth date is typed, people whose name fits literally and
-- who were born near it leave none for others (searching.ranked says the same).
CREATE FUNCTION patients.open_search(hospital uuid, beginnings text[], given text[], families text[], givens text[],
    alike_families text[], alike_givens text[], born date[], year_from date, year_to date) RETURNS SETOF patients.found
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    scope text := set_config('app.hospital_id', hospital::text, false);
    behind text := chr(1114111);
    only_near boolean := cardinality(born) > 0;
    only_name boolean := cardinality(born) = 0 AND year_from IS NULL;
    enough boolean;
    ids uuid[];
BEGIN
    LOOP
        ids := ARRAY(
            SELECT s.person_id
              FROM unnest(beginnings) AS b (word) CROSS JOIN LATERAL (
                   SELECT person_id, born_on FROM patients.search
                    WHERE hospital_id = hospital AND key >= b.word AND key < b.word || behind
                    ORDER BY key LIMIT 21) AS s
             WHERE NOT only_near OR patients.born_near(s.born_on, born));
        EXIT WHEN NOT only_near OR cardinality(ids) > 0 OR cardinality(beginnings) = 0;
        only_near := false;
    END LOOP;
    enough := only_name AND cardinality(ids) >= 20;

    IF NOT enough AND cardinality(families) > 0 THEN
        ids := ids || ARRAY(
            SELECT s.person_id
              FROM unnest(families, givens) AS b (family, given) CROSS JOIN LATERAL (
                   SELECT person_id, born_on FROM patients.search
                    WHERE hospital_id = hospital AND key >= b.family AND key < b.family || behind
                      AND given >= b.given AND given < b.given || behind LIMIT 21) AS s
             WHERE s.person_id <> ALL (ids) AND (NOT only_near OR patients.born_near(s.born_on, born)));
        -- Of three words or more, a pair is not all that was typed.
        enough := only_name AND cardinality(ids) >= 20 AND beginnings[1] !~ ' .* ';
    END IF;

    IF cardinality(open_search.given) > 0 THEN
        ids := ids || ARRAY(
            SELECT s.person_id
              FROM unnest(open_search.given) AS b (word) CROSS JOIN LATERAL (
                   SELECT person_id, born_on FROM patients.search
                    WHERE hospital_id = hospital AND given >= b.word
                      AND given < b.word || CASE WHEN enough THEN '!' ELSE behind END
                    ORDER BY given LIMIT 11) AS s
             WHERE s.person_id <> ALL (ids) AND (NOT only_near OR patients.born_near(s.born_on, born)));
    END IF;

    IF NOT enough AND cardinality(alike_families) > 0 THEN
        ids := ids || ARRAY(
            SELECT DISTINCT s.person_id
              FROM unnest(alike_families, alike_givens) AS b (family, given) CROSS JOIN LATERAL (
                   SELECT word FROM patients.name_word
                    WHERE sound = public.dmetaphone(b.family) AND sound <> '' AND word <> b.family AND family_size >= 0
                    ORDER BY family_size DESC, family_count DESC LIMIT 6) AS n CROSS JOIN LATERAL (
                   SELECT person_id, born_on FROM patients.search
                    WHERE hospital_id = hospital AND key >= n.word || ' ' || b.given
                      AND key < n.word || ' ' || b.given || behind
                    ORDER BY key LIMIT 3) AS s
             WHERE s.person_id <> ALL (ids) AND (NOT only_near OR patients.born_near(s.born_on, born)));
    END IF;

    IF cardinality(born) > 0 THEN
        ids := ids || ARRAY(
            SELECT s.person_id
              FROM unnest(born) AS b (day) CROSS JOIN LATERAL (
                   SELECT person_id FROM patients.search
                    WHERE hospital_id = hospital AND born_on = b.day LIMIT 40) AS s
             WHERE s.person_id <> ALL (ids));
    ELSIF year_from IS NOT NULL THEN
        ids := ids || ARRAY(
            SELECT s.person_id
              FROM unnest(beginnings) AS b (word) CROSS JOIN LATERAL (
                   SELECT person_id FROM patients.search
                    WHERE hospital_id = hospital AND key >= b.word AND key < b.word || behind
                      AND born_on >= year_from AND born_on <= year_to LIMIT 21) AS s
             WHERE s.person_id <> ALL (ids));
    END IF;

    RETURN QUERY SELECT p.id, p.network_number, r.mrn, p.family, p.given, p.title, p.known_as, p.sex, p.born_on,
           p.born_estimated, p.deceased_on, p.town, p.photo_file IS NOT NULL, r.last_visit_at, r.last_place, false, 0::bigint
      FROM unnest(ids[1:160]) AS w (id)
      JOIN patients.registration r ON r.hospital_id = hospital AND r.person_id = w.id
      JOIN patients.person p ON p.id = w.id;
END $$;

-- Whether date_closeness() of the rules is above nothing for one of the days: within a year, or on the same day of another.
CREATE FUNCTION patients.born_near(born date, days date[]) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT EXISTS (SELECT FROM unnest(days) AS d (day)
                    WHERE born BETWEEN d.day - 366 AND d.day + 366
                       OR (extract(month FROM born), extract(day FROM born)) = (extract(month FROM d.day), extract(day FROM d.day)))
$$;

-- Whom a number means here: a record number (its figures are enough), a network number, another system's, a phone's end.
CREATE FUNCTION patients.open_number(hospital uuid, record_number text, as_typed text, network_number text, identifier text,
    phone text) RETURNS SETOF patients.found
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    scope text := set_config('app.hospital_id', hospital::text, false);
    ids uuid[] := ARRAY(SELECT r.person_id FROM patients.registration r
                         WHERE r.hospital_id = hospital AND r.mrn IN (open_number.record_number, as_typed)
                         UNION ALL
                        SELECT i.person_id FROM patients.identifier i WHERE i.value = identifier);
BEGIN
    IF length(open_number.record_number) <= 7 THEN
        ids := ids || ARRAY(
            SELECT r.person_id FROM identity.hospital h
              JOIN patients.registration r ON r.hospital_id = h.id AND r.mrn = h.code || lpad(open_number.record_number, 7, '0')
             WHERE h.id = hospital);
    ELSIF length(open_number.network_number) = 10 THEN
        ids := ids || ARRAY(SELECT p.id FROM patients.person p WHERE p.network_number = open_number.network_number);
    END IF;
    IF open_number.phone <> '' THEN
        ids := ids || ARRAY(
            SELECT person_id FROM patients.search
             WHERE phone <> '' AND phone >= open_number.phone AND phone < open_number.phone || chr(1114111)
               AND hospital_id = hospital LIMIT 40);
    END IF;
    RETURN QUERY SELECT p.id, p.network_number, r.mrn, p.family, p.given, p.title, p.known_as, p.sex, p.born_on,
           p.born_estimated, p.deceased_on, p.town, p.photo_file IS NOT NULL, r.last_visit_at, r.last_place, true, 0::bigint
      FROM (SELECT DISTINCT id FROM unnest(ids) AS i (id)) AS w
      JOIN patients.registration r ON r.hospital_id = hospital AND r.person_id = w.id
      JOIN patients.person p ON p.id = w.id
     LIMIT 60;
END $$;

REVOKE EXECUTE ON FUNCTION patients.born_near(date, date[]),
    patients.open_search(uuid, text[], text[], text[], text[], text[], text[], date[], date, date),
    patients.open_number(uuid, text, text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION patients.born_near(date, date[]),
    patients.open_search(uuid, text[], text[], text[], text[], text[], text[], date[], date, date),
    patients.open_number(uuid, text, text, text, text, text) TO wardline_app;
