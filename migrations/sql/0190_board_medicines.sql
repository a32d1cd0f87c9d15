-- What waits of a patient's medicines stands on the boards. The doses are mar's; what a board reads of them lies with the stay,
-- as the scores do, so that a board is read by one look at its beds. Triggers keep it, so that no way of changing a dose or
-- an order forgets it, not even that of the version before this one.

-- Three numbers for each time that something waits for, soonest first: when it is due and when it turns, in minutes since 1970,
-- and how many. Doses that are due turn overdue; a negative number are doses held back, which wait until then.
-- A row of its own beside the stay's, because some writes hold the stay and then an order, others an order and then a dose. It is
-- written at the commit, by a transaction that holds everything else it wants, and stays go in one order: nobody who holds this
-- row waits for anything but the next one.
CREATE TABLE encounters.waiting (
    hospital_id       uuid NOT NULL,
    encounter_id      uuid NOT NULL,
    medicines         text,
    PRIMARY KEY (hospital_id, encounter_id)
) WITH (fillfactor = 70);
SELECT platform.protect('encounters.waiting');
GRANT DELETE ON encounters.waiting TO wardline_app;

CREATE FUNCTION mar.note_waiting(hospital uuid, encounter uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE waiting text;
BEGIN
    -- Held first, and read by a statement after it: whoever changes another dose of the stay at this moment is waited for, and seen.
    PERFORM FROM encounters.current c WHERE c.hospital_id = hospital AND c.encounter_id = encounter;
    IF NOT FOUND THEN RETURN; END IF;
    PERFORM FROM encounters.waiting w WHERE w.hospital_id = hospital AND w.encounter_id = encounter FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        INSERT INTO encounters.waiting (hospital_id, encounter_id) VALUES (hospital, encounter) ON CONFLICT DO NOTHING;
        PERFORM FROM encounters.waiting w WHERE w.hospital_id = hospital AND w.encounter_id = encounter FOR NO KEY UPDATE;
    END IF;
    SELECT string_agg(concat_ws(' ', w.due, CASE WHEN NOT w.held THEN w.due + w.window_minutes
                                                 WHEN w.until IS NULL THEN w.due + 1441
                                                 ELSE floor(date_part('epoch', w.until) / 60)::int END, w.doses), ' ' ORDER BY w.due, w.window_minutes)
      INTO waiting
      FROM (SELECT floor(date_part('epoch', d.due_at) / 60)::int AS due, d.state = 'held' AS held,
                   CASE WHEN d.critical <> '' THEN 30 ELSE 60 END AS window_minutes,  -- as mar's rules.window_of has it
                   CASE WHEN d.state = 'held'
                        THEN (SELECT min(l.due_at) FROM mar.dose l
                               WHERE l.hospital_id = hospital AND l.medicine_id = d.medicine_id AND l.due_at > d.due_at
                                 AND l.state <> 'withdrawn') END AS until,
                   sum(CASE WHEN d.state = 'held' THEN -1 ELSE 1 END) AS doses
              FROM mar.dose d
             WHERE d.hospital_id = hospital AND d.encounter_id = encounter AND d.state IN ('due', 'held')
               AND d.due_at >= now() - interval '25 hours'
               AND d.medicine_id = ANY (ARRAY(SELECT m.id FROM orders.medicine m  -- once, by medicine_encounter
                                               WHERE m.hospital_id = hospital AND m.encounter_id = encounter AND m.state = 'active'))
             GROUP BY due, held, window_minutes, until ORDER BY due LIMIT 60) w;
    UPDATE encounters.waiting c SET medicines = waiting
     WHERE c.hospital_id = hospital AND c.encounter_id = encounter AND c.medicines IS DISTINCT FROM waiting;
END $$;
GRANT EXECUTE ON FUNCTION mar.note_waiting(uuid, uuid) TO wardline_app;

-- Each statement says whose doses it changed; the first row that is looked at in the commit notes all of them.
CREATE FUNCTION mar.note_at_commit(stays text) RETURNS void LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    SELECT set_config('mar.changed', concat_ws(' ', nullif(current_setting('mar.changed', true), ''), stays), true) WHERE stays IS NOT NULL
$$;
CREATE FUNCTION mar.note_changed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE changed text := current_setting('mar.changed', true); stay record;
BEGIN
    IF changed IS NULL OR changed = '' THEN RETURN NULL; END IF;
    PERFORM set_config('mar.changed', '', true);
    FOR stay IN SELECT DISTINCT split_part(s, '/', 1)::uuid AS hospital, split_part(s, '/', 2)::uuid AS encounter
                  FROM string_to_table(changed, ' ') s ORDER BY 1, 2 LOOP
        PERFORM mar.note_waiting(stay.hospital, stay.encounter);
    END LOOP;
    RETURN NULL;
END $$;
CREATE FUNCTION mar.doses_made() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM mar.note_at_commit(string_agg(DISTINCT n.hospital_id || '/' || n.encounter_id, ' ')) FROM made n;
    RETURN NULL;
END $$;
CREATE FUNCTION mar.doses_changed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM mar.note_at_commit(string_agg(DISTINCT n.hospital_id || '/' || n.encounter_id, ' '))
       FROM became n JOIN were o ON o.hospital_id = n.hospital_id AND o.id = n.id
      WHERE (n.state, n.due_at, n.critical) IS DISTINCT FROM (o.state, o.due_at, o.critical);
    RETURN NULL;
END $$;
CREATE FUNCTION mar.orders_changed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM mar.note_at_commit(string_agg(DISTINCT n.hospital_id || '/' || n.encounter_id, ' '))
       FROM became n JOIN were o ON o.hospital_id = n.hospital_id AND o.id = n.id WHERE n.state <> o.state;
    RETURN NULL;
END $$;
-- The tables in the order in which a discharge changes them.
CREATE TRIGGER medicine_waits AFTER UPDATE ON orders.medicine REFERENCING OLD TABLE AS were NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION mar.orders_changed();
CREATE CONSTRAINT TRIGGER medicine_noted AFTER UPDATE ON orders.medicine DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION mar.note_changed();
CREATE TRIGGER dose_made AFTER INSERT ON mar.dose REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION mar.doses_made();
CREATE TRIGGER dose_changed AFTER UPDATE ON mar.dose REFERENCING OLD TABLE AS were NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION mar.doses_changed();
CREATE CONSTRAINT TRIGGER dose_made_noted AFTER INSERT ON mar.dose DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION mar.note_changed();
CREATE CONSTRAINT TRIGGER dose_changed_noted AFTER UPDATE ON mar.dose DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN ((OLD.state, OLD.due_at, OLD.critical) IS DISTINCT FROM (NEW.state, NEW.due_at, NEW.critical))
    EXECUTE FUNCTION mar.note_changed();
CREATE FUNCTION encounters.stay_is_over() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM encounters.waiting w WHERE w.hospital_id = OLD.hospital_id AND w.encounter_id = OLD.encounter_id;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER stay_is_over AFTER DELETE ON encounters.current DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION encounters.stay_is_over();

-- A ward's board as beds.open_ward reads it, with the medicines; the version before this one goes on with that. An element of
-- the topic may also be a person: then the bed where they lie is read, and no tasks.
CREATE TYPE beds.board_row AS (id uuid, room_id uuid, room text, label text, state text, state_since timestamptz, state_reason text,
    features text[], version int, encounter_id uuid, person_id uuid, since timestamptz, family text, given text, sex text,
    born_on date, news_score smallint, news_band text, news_single_three boolean, news_signs smallint, trend text,
    observations_due_at timestamptz, isolation text, expected_discharge_on date, ready_to_leave boolean, tasks int,
    reserved_for_id uuid, reserved_family text, reserved_given text, reserved_sex text, reserved_born_on date,
    reserved_from text, reserved_due_at timestamptz, medicines_waiting text);
CREATE FUNCTION beds.look_at_ward(hospital uuid, ward uuid, held bigint, trend_from timestamptz)
RETURNS TABLE(topic_version bigint, code text, name text, specialty text, whole boolean, beds beds.board_row[],
              rooms beds.board_room[], tasks beds.board_task[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE scope text; newest bigint; named uuid[]; wanted uuid[]; others uuid[]; who uuid; lies_in uuid;
BEGIN
    scope := set_config('app.hospital_id', hospital::text, false);
    SELECT w.code, w.name, w.specialty, coalesce(t.version, 0), t.recent_at, t.recent
      INTO code, name, specialty, topic_version, newest, named
      FROM identity.ward w LEFT JOIN platform.topic t ON t.topic = 'ward:' || ward
     WHERE w.hospital_id = hospital AND w.id = ward AND w.active;
    IF NOT FOUND THEN RETURN; END IF;
    IF held = topic_version THEN whole := false; RETURN NEXT; RETURN; END IF;
    wanted := named[1 : topic_version - held];
    whole := held IS NULL OR held > topic_version OR newest IS DISTINCT FROM topic_version
             OR cardinality(wanted) IS DISTINCT FROM topic_version - held;
    IF whole THEN
        wanted := ARRAY(SELECT b.id FROM beds.bed b WHERE b.hospital_id = hospital AND b.ward_id = ward AND b.active LIMIT 200);
        rooms := (SELECT array_agg(ROW(r.id, r.ward_id, r.label, r.kind, r.sex)::beds.board_room ORDER BY r.position, r.label, r.id)
                    FROM identity.room r WHERE r.hospital_id = hospital AND r.ward_id = ward);
    ELSE
        others := ARRAY(SELECT e FROM unnest(wanted) e
                         WHERE (SELECT b.id FROM beds.bed b WHERE b.hospital_id = hospital AND b.id = e) IS NULL);
        FOR who, lies_in IN SELECT c.person_id, c.bed_id FROM encounters.current c
                             WHERE others <> '{}' AND c.hospital_id = hospital AND c.person_id = ANY (others) LOOP
            wanted := wanted || lies_in;
            others := array_remove(others, who);
        END LOOP;
        IF others <> '{}' THEN
            wanted := wanted || ARRAY(SELECT c.bed_id FROM tasks.task k
                                        JOIN encounters.current c ON c.hospital_id = k.hospital_id AND c.person_id = k.person_id
                                       WHERE k.hospital_id = hospital AND k.id = ANY (others));
        END IF;
    END IF;
    IF whole OR others <> '{}' THEN
        tasks := ARRAY(SELECT ROW(k.id, k.title, k.reason, k.priority, k.state, k.owner_role, k.owner_words, k.ladder, k.due_at,
                              k.climbs_at, k.acknowledged_at, k.person_id, p.family, p.given, c.bed_label)::beds.board_task
                         FROM (SELECT * FROM tasks.task k
                                WHERE k.hospital_id = hospital AND k.ward_id = ward AND k.state IN ('open', 'acknowledged')
                                ORDER BY k.state = 'acknowledged', k.due_at, k.id LIMIT 50) k
                         LEFT JOIN patients.person p ON p.id = k.person_id
                         LEFT JOIN encounters.current c ON c.hospital_id = k.hospital_id AND c.encounter_id = k.encounter_id
                        ORDER BY k.state = 'acknowledged', k.due_at, k.id);
    END IF;
    beds := (SELECT array_agg(ROW(b.id, b.room_id, r.label, b.label, b.state, b.state_since, b.state_reason,
                    b.features, b.version, o.encounter_id, o.person_id, o.started_at, p.family, p.given, p.sex,
                    p.born_on, c.news_score, c.news_band, c.news_single_three, c.news_signs,
                    array_to_string(c.news_history[width_bucket(trend_from, c.news_history_at) + 1 :], ' '),
                    c.observations_due_at, c.isolation, c.expected_discharge_on, c.ready_to_leave, coalesce(k.tasks, 0),
                    v.encounter_id, q.family, q.given, q.sex, q.born_on, v.from_place, v.due_at, n.medicines)::beds.board_row
                    ORDER BY r.position, r.label, r.id, b.position, b.label)
               FROM beds.bed b
               JOIN identity.room r ON r.hospital_id = b.hospital_id AND r.id = b.room_id
               LEFT JOIN beds.occupancy o ON o.hospital_id = b.hospital_id AND o.bed_id = b.id AND o.ended_at IS NULL
               LEFT JOIN encounters.current c ON c.hospital_id = o.hospital_id AND c.encounter_id = o.encounter_id
               LEFT JOIN encounters.waiting n ON n.hospital_id = c.hospital_id AND n.encounter_id = c.encounter_id
               LEFT JOIN patients.person p ON p.id = o.person_id
               LEFT JOIN beds.reservation v ON v.hospital_id = b.hospital_id AND v.bed_id = b.id AND v.ended_at IS NULL
               LEFT JOIN patients.person q ON q.id = v.person_id
               LEFT JOIN (SELECT k.person_id, count(*)::int AS tasks FROM tasks.task k
                           WHERE k.hospital_id = hospital AND k.ward_id = ward AND k.state IN ('open', 'acknowledged')
                           GROUP BY k.person_id) k ON k.person_id = o.person_id
              WHERE b.hospital_id = hospital AND b.id = ANY (wanted) AND b.ward_id = ward AND b.active);
    RETURN NEXT;
END $$;
GRANT EXECUTE ON FUNCTION beds.look_at_ward(uuid, uuid, bigint, timestamptz) TO wardline_app;
