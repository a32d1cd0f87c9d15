-- What changed on a board is read, and nothing else: a task's change reads the tasks and the bed of its patient, a move the
-- beds and the tasks; and a board that has not changed costs one look at its ward and its topic.

-- Several elements of one topic are one update of it, each with a version of its own; 16 of them are remembered, so that a
-- process that reads a board seldom still reads only what changed. Equal topics stand side by side.
CREATE OR REPLACE FUNCTION platform.raise_topics(topics text[], elements uuid[]) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE named uuid[] := '{}'; raised bigint; versions bigint[] := '{}';
BEGIN
    FOR n IN 1 .. cardinality(topics) LOOP
        named := array_prepend(elements[n], named);
        CONTINUE WHEN topics[n] = topics[n + 1];
        UPDATE platform.topic t
           SET version = t.version + cardinality(named), touched_at = clock_timestamp(), recent_at = t.version + cardinality(named),
               recent = CASE WHEN elements[n] IS NULL THEN '{}' WHEN t.recent_at = t.version
                             THEN (named || t.recent)[1:16] ELSE named END
         WHERE t.topic = topics[n] RETURNING t.version INTO raised;
        IF NOT FOUND THEN
            INSERT INTO platform.topic AS t (topic) VALUES (topics[n])
            ON CONFLICT (topic) DO UPDATE SET version = t.version + 1, touched_at = clock_timestamp()
            RETURNING t.version INTO raised;
        END IF;
        versions := versions || array_fill(raised, ARRAY[cardinality(named)]);
        named := '{}';
    END LOOP;
    RETURN versions;
END $$;

-- The version before this one names the beds of a move and not the stay, whose place among those who wait has changed too: what
-- it does to a hospital's beds is read whole.
CREATE OR REPLACE FUNCTION platform.end_write(tenant uuid, caller uuid, reply_key text, reply_status smallint, reply_location text,
    reply_body bytea, event_names text[], event_payloads text[], topics text[], elements uuid[]) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF reply_key IS NOT NULL THEN
        UPDATE platform.reply r SET status = reply_status, location = reply_location, body = reply_body
         WHERE r.caller_id = caller AND r.key = reply_key AND r.kept_on = (now() AT TIME ZONE 'UTC')::date;
    END IF;
    IF cardinality(event_names) > 0 THEN
        INSERT INTO platform.outbox (tenant_id, name, payload)
        SELECT tenant, e.name, e.payload::jsonb FROM unnest(event_names, event_payloads) AS e (name, payload);
    END IF;
    RETURN platform.raise_topics(topics, ARRAY(
        SELECT CASE WHEN t.topic NOT LIKE 'beds:%' THEN t.element END
          FROM unnest(topics, elements) WITH ORDINALITY AS t (topic, element, place) ORDER BY t.place));
END $$;

-- A ward's board since a version that the caller holds: nothing when that is the newest, what changed since when the topic
-- still knows it, everything otherwise. An element that is no bed is a task or a stay: the tasks are read with it (null: they
-- are as they were), and the bed where the task's patient lies. The version is read before the rows.
CREATE FUNCTION beds.open_ward(hospital uuid, ward uuid, held bigint, trend_from timestamptz)
RETURNS TABLE(topic_version bigint, code text, name text, specialty text, whole boolean, beds beds.board_bed[],
              rooms beds.board_room[], tasks beds.board_task[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE scope text; newest bigint; named uuid[]; wanted uuid[]; others uuid[];
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
                    v.encounter_id, q.family, q.given, q.sex, q.born_on, v.from_place, v.due_at)::beds.board_bed
                    ORDER BY r.position, r.label, r.id, b.position, b.label)
               FROM beds.bed b
               JOIN identity.room r ON r.hospital_id = b.hospital_id AND r.id = b.room_id
               LEFT JOIN beds.occupancy o ON o.hospital_id = b.hospital_id AND o.bed_id = b.id AND o.ended_at IS NULL
               LEFT JOIN encounters.current c ON c.hospital_id = o.hospital_id AND c.encounter_id = o.encounter_id
               LEFT JOIN patients.person p ON p.id = o.person_id
               LEFT JOIN beds.reservation v ON v.hospital_id = b.hospital_id AND v.bed_id = b.id AND v.ended_at IS NULL
               LEFT JOIN patients.person q ON q.id = v.person_id
               LEFT JOIN (SELECT k.person_id, count(*)::int AS tasks FROM tasks.task k
                           WHERE k.hospital_id = hospital AND k.ward_id = ward AND k.state IN ('open', 'acknowledged')
                           GROUP BY k.person_id) k ON k.person_id = o.person_id
              WHERE b.hospital_id = hospital AND b.id = ANY (wanted) AND b.ward_id = ward AND b.active);
    RETURN NEXT;
END $$;
GRANT EXECUTE ON FUNCTION beds.open_ward(uuid, uuid, bigint, timestamptz) TO wardline_app;

-- The version before this one keeps its tasks unless it is given everything.
CREATE OR REPLACE FUNCTION beds.open_board(hospital uuid, ward uuid, held bigint, trend_from timestamptz)
RETURNS TABLE(topic_version bigint, code text, name text, specialty text, whole boolean, beds beds.board_bed[],
              rooms beds.board_room[], tasks beds.board_task[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT o.* FROM beds.open_ward(hospital, ward, held, trend_from) o WHERE o.whole OR o.tasks IS NULL;
    IF NOT FOUND THEN RETURN QUERY SELECT o.* FROM beds.open_ward(hospital, ward, NULL, trend_from) o; END IF;
END $$;

-- Who waits for a bed: a handful among all who are there.
CREATE INDEX current_waiting ON encounters.current (hospital_id, started_at)
    WHERE bed_id IS NULL AND class IN ('inpatient', 'emergency', 'day_case');

-- The same for the hospital's board; an element that is no bed is a stay, and who waits is read with it (null: as they were).
CREATE FUNCTION beds.open_tiles(hospital uuid, held bigint)
RETURNS TABLE(topic_version bigint, whole boolean, beds beds.board_tile[], rooms beds.board_room[], wards beds.board_ward[],
              waiting beds.board_waiting[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE scope text; newest bigint; named uuid[]; wanted uuid[]; others uuid[];
BEGIN
    scope := set_config('app.hospital_id', hospital::text, false);
    SELECT t.version, t.recent_at, t.recent INTO topic_version, newest, named
      FROM platform.topic t WHERE t.topic = 'beds:' || hospital;
    topic_version := coalesce(topic_version, 0);
    IF held = topic_version THEN whole := false; RETURN NEXT; RETURN; END IF;
    wanted := named[1 : topic_version - held];
    whole := held IS NULL OR held > topic_version OR newest IS DISTINCT FROM topic_version
             OR cardinality(wanted) IS DISTINCT FROM topic_version - held;
    IF whole THEN
        wanted := ARRAY(SELECT b.id FROM beds.bed b WHERE b.hospital_id = hospital AND b.active LIMIT 2000);
        wards := (SELECT array_agg(ROW(w.id, w.code, w.name, w.specialty)::beds.board_ward ORDER BY w.position, w.name)
                    FROM identity.ward w WHERE w.hospital_id = hospital AND w.active);
        rooms := (SELECT array_agg(ROW(r.id, r.ward_id, r.label, r.kind, r.sex)::beds.board_room
                                   ORDER BY w.position, w.name, r.position, r.label)
                    FROM identity.room r
                    JOIN identity.ward w ON w.hospital_id = r.hospital_id AND w.id = r.ward_id AND w.active
                   WHERE r.hospital_id = hospital);
    END IF;
    beds := (SELECT array_agg(ROW(b.id, b.ward_id, b.room_id, b.label, w.code || '-' || b.label, b.state, b.state_since, b.version,
                    o.encounter_id, p.family, p.given, c.news_score, c.news_band, c.isolation, c.expected_discharge_on,
                    c.ready_to_leave, v.encounter_id, v.due_at)::beds.board_tile
                    ORDER BY w.position, w.name, r.position, b.position, b.label)
               FROM beds.bed b
               JOIN identity.ward w ON w.hospital_id = b.hospital_id AND w.id = b.ward_id AND w.active
               JOIN identity.room r ON r.hospital_id = b.hospital_id AND r.id = b.room_id
               LEFT JOIN beds.occupancy o ON o.hospital_id = b.hospital_id AND o.bed_id = b.id AND o.ended_at IS NULL
               LEFT JOIN encounters.current c ON c.hospital_id = o.hospital_id AND c.encounter_id = o.encounter_id
               LEFT JOIN patients.person p ON p.id = o.person_id
               LEFT JOIN beds.reservation v ON v.hospital_id = b.hospital_id AND v.bed_id = b.id AND v.ended_at IS NULL
              WHERE b.hospital_id = hospital AND b.id = ANY (wanted) AND b.active);
    IF NOT whole THEN
        others := ARRAY(SELECT e FROM unnest(wanted) e
                         WHERE (SELECT b.id FROM beds.bed b WHERE b.hospital_id = hospital AND b.id = e) IS NULL);
    END IF;
    IF whole OR others <> '{}' THEN
        waiting := ARRAY(SELECT ROW(c.encounter_id, c.person_id, p.family, p.given, p.sex, p.born_on, c.class, e.admitted_from,
                          e.specialty, c.needs, c.isolation, c.started_at, w.code || '-' || b.label, v.due_at)::beds.board_waiting
                     FROM (SELECT * FROM encounters.current c
                            WHERE c.hospital_id = hospital AND c.bed_id IS NULL AND c.class IN ('inpatient', 'emergency', 'day_case')
                            ORDER BY c.started_at LIMIT 300) c
                     JOIN encounters.encounter e ON e.hospital_id = c.hospital_id AND e.id = c.encounter_id
                     JOIN patients.person p ON p.id = c.person_id
                     LEFT JOIN beds.reservation v ON v.hospital_id = c.hospital_id AND v.encounter_id = c.encounter_id AND v.ended_at IS NULL
                     LEFT JOIN beds.bed b ON b.hospital_id = v.hospital_id AND b.id = v.bed_id
                     LEFT JOIN identity.ward w ON w.hospital_id = b.hospital_id AND w.id = b.ward_id
                    ORDER BY c.started_at);
    END IF;
    RETURN NEXT;
END $$;
GRANT EXECUTE ON FUNCTION beds.open_tiles(uuid, bigint) TO wardline_app;
