-- What the hottest reads and the hottest write are made of, so that each is one or two round trips.

-- A topic may say which of its elements the last changes were about, newest first, so that whoever shows the others keeps
-- them. `recent` speaks of `recent_at` and the versions before it; null among them, or a version raised by somebody who
-- does not say (`recent_at` stays behind), means: read everything.
ALTER TABLE platform.topic ADD COLUMN recent uuid[] NOT NULL DEFAULT '{}', ADD COLUMN recent_at bigint NOT NULL DEFAULT 0;

CREATE FUNCTION platform.raise_topics(topics text[], elements uuid[]) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE raised bigint; versions bigint[] := '{}';
BEGIN
    FOR n IN 1 .. cardinality(topics) LOOP
        UPDATE platform.topic t
           SET version = t.version + 1, touched_at = clock_timestamp(), recent_at = t.version + 1,
               recent = CASE WHEN elements[n] IS NULL THEN '{}' WHEN t.recent_at = t.version
                             THEN (array_prepend(elements[n], t.recent))[1:8] ELSE ARRAY[elements[n]] END
         WHERE t.topic = topics[n] RETURNING t.version INTO raised;
        IF NOT FOUND THEN
            INSERT INTO platform.topic AS t (topic) VALUES (topics[n])
            ON CONFLICT (topic) DO UPDATE SET version = t.version + 1, touched_at = clock_timestamp()
            RETURNING t.version INTO raised;
        END IF;
        versions := versions || raised;
    END LOOP;
    RETURN versions;
END $$;

-- Last call of every write: stores the reply, the events and, last of all and in one order, the topic versions.
CREATE FUNCTION platform.end_write(tenant uuid, caller uuid, reply_key text, reply_status smallint, reply_location text,
    reply_body bytea, event_names text[], event_payloads text[], topics text[], elements uuid[]) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF reply_key IS NOT NULL THEN
        UPDATE platform.reply r SET status = reply_status, location = reply_location, body = reply_body
         WHERE r.caller_id = caller AND r.key = reply_key AND r.kept_on = (now() AT TIME ZONE 'UTC')::date;   -- the day it was claimed on: one partition
    END IF;
    IF cardinality(event_names) > 0 THEN
        INSERT INTO platform.outbox (tenant_id, name, payload)
        SELECT tenant, e.name, e.payload::jsonb FROM unnest(event_names, event_payloads) AS e (name, payload);
    END IF;
    RETURN platform.raise_topics(topics, elements);
END $$;

-- The lean form of a write keeps the whole reply in its one statement. Whoever finds that somebody else was quicker with
-- the same key, or that the row it decided on has changed, starts again in the ordinary form.
CREATE FUNCTION platform.start_again(why text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = why; END $$;

CREATE FUNCTION platform.keep_reply(caller uuid, reply_key text, route_name text, hash bytea, reply_status smallint, reply_body bytea)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(caller::text || reply_key, 7));
    PERFORM FROM platform.reply r
      WHERE r.caller_id = caller AND r.key = reply_key AND r.kept_on >= (now() AT TIME ZONE 'UTC')::date - 1;
    IF FOUND THEN PERFORM platform.start_again('the key is taken'); END IF;
    INSERT INTO platform.reply (caller_id, key, route, body_hash, status, body)
    VALUES (caller, reply_key, route_name, hash, reply_status, reply_body);
END $$;

-- Scope and rows cannot stand in one plain statement, because its plan may read before it sets; a function does one after
-- the other. The hospital is the session's own, and row-level security still decides what is seen.
CREATE FUNCTION patients.open_patient(hospital uuid, person uuid, page_topic text) RETURNS TABLE(topic_version bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM set_config('app.hospital_id', hospital::text, false);
    RETURN QUERY SELECT (SELECT t.version FROM platform.topic t WHERE t.topic = page_topic)
      FROM patients.registration r WHERE r.hospital_id = hospital AND r.person_id = person;
END $$;

-- A ward's board since a version that the caller holds: nothing when that is the newest, the beds that changed since when
-- the topic still knows which (tasks and places are as they were then), everything otherwise.
CREATE TYPE beds.board_room AS (id uuid, ward_id uuid, label text, kind text, sex text);
CREATE TYPE beds.board_task AS (id uuid, title text, reason text, priority text, state text, owner_role text, owner_words text,
    ladder text[], due_at timestamptz, climbs_at timestamptz, acknowledged_at timestamptz, person_id uuid, family text, given text,
    bed_label text);
CREATE TYPE beds.board_bed AS (id uuid, room_id uuid, room text, label text, state text, state_since timestamptz, state_reason text,
    features text[], version int, encounter_id uuid, person_id uuid, since timestamptz, family text, given text, sex text,
    born_on date, news_score smallint, news_band text, news_single_three boolean, news_signs smallint, trend text,
    observations_due_at timestamptz, isolation text, expected_discharge_on date, ready_to_leave boolean, tasks int,
    reserved_for_id uuid, reserved_family text, reserved_given text, reserved_sex text, reserved_born_on date,
    reserved_from text, reserved_due_at timestamptz);
CREATE FUNCTION beds.open_board(hospital uuid, ward uuid, held bigint, trend_from timestamptz)
RETURNS TABLE(topic_version bigint, code text, name text, specialty text, whole boolean, beds beds.board_bed[],
              rooms beds.board_room[], tasks beds.board_task[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE topic platform.topic; changed uuid[];
BEGIN
    PERFORM set_config('app.hospital_id', hospital::text, false);
    SELECT w.code, w.name, w.specialty INTO code, name, specialty
      FROM identity.ward w WHERE w.hospital_id = hospital AND w.id = ward AND w.active;
    IF NOT FOUND THEN RETURN; END IF;
    SELECT * INTO topic FROM platform.topic t WHERE t.topic = 'ward:' || ward;
    topic_version := coalesce(topic.version, 0);
    whole := held IS NULL OR held > topic_version;
    IF NOT whole AND held < topic_version THEN
        changed := topic.recent[1 : topic_version - held];
        whole := topic.recent_at <> topic.version OR cardinality(changed) < topic_version - held;
    END IF;
    IF whole THEN
        rooms := (SELECT array_agg(ROW(r.id, r.ward_id, r.label, r.kind, r.sex)::beds.board_room ORDER BY r.position, r.label, r.id)
                    FROM identity.room r WHERE r.hospital_id = hospital AND r.ward_id = ward);
        tasks := (SELECT array_agg(ROW(k.id, k.title, k.reason, k.priority, k.state, k.owner_role, k.owner_words, k.ladder, k.due_at,
                         k.climbs_at, k.acknowledged_at, k.person_id, p.family, p.given, c.bed_label)::beds.board_task ORDER BY k.state = 'acknowledged', k.due_at, k.id)
                    FROM (SELECT * FROM tasks.task k
                           WHERE k.hospital_id = hospital AND k.ward_id = ward AND k.state IN ('open', 'acknowledged')
                           ORDER BY k.state = 'acknowledged', k.due_at, k.id LIMIT 50) k
                    LEFT JOIN patients.person p ON p.id = k.person_id
                    LEFT JOIN encounters.current c ON c.hospital_id = k.hospital_id AND c.encounter_id = k.encounter_id);
    END IF;
    IF whole OR changed IS NOT NULL THEN
        beds := (SELECT array_agg(ROW(b.id, b.room_id, r.label, b.label, b.state, b.state_since, b.state_reason,
                        b.features, b.version, o.encounter_id, o.person_id, o.started_at, p.family, p.given, p.sex,
                        p.born_on, c.news_score, c.news_band, c.news_single_three, c.news_signs,
                        array_to_string(c.news_history[width_bucket(trend_from, c.news_history_at) + 1 :], ' '),
                        c.observations_due_at, c.isolation, c.expected_discharge_on, c.ready_to_leave,
                        (SELECT count(*) FROM tasks.task k WHERE k.hospital_id = hospital AND k.person_id = o.person_id
                            AND k.ward_id = ward AND k.state IN ('open', 'acknowledged')),
                        v.encounter_id, q.family, q.given, q.sex, q.born_on, v.from_place, v.due_at)::beds.board_bed
                        ORDER BY r.position, r.label, r.id, b.position, b.label)
                   FROM (SELECT * FROM beds.bed b WHERE b.hospital_id = hospital AND b.ward_id = ward AND b.active
                            AND (whole OR b.id = ANY (changed)) LIMIT 200) b
                   JOIN identity.room r ON r.hospital_id = b.hospital_id AND r.id = b.room_id
                   LEFT JOIN beds.occupancy o ON o.hospital_id = b.hospital_id AND o.bed_id = b.id AND o.ended_at IS NULL
                   LEFT JOIN encounters.current c ON c.hospital_id = o.hospital_id AND c.encounter_id = o.encounter_id
                   LEFT JOIN patients.person p ON p.id = o.person_id
                   LEFT JOIN beds.reservation v ON v.hospital_id = b.hospital_id AND v.bed_id = b.id AND v.ended_at IS NULL
                   LEFT JOIN patients.person q ON q.id = v.person_id);
    END IF;
    RETURN NEXT;
END $$;

-- A set as a chart shows it, in a list that stands in one column.
CREATE TYPE vitals.chart_set AS (id uuid, person_id uuid, encounter_id uuid, taken_at timestamptz, recorded_at timestamptz,
    recorded_by text, recorded_by_initials text, respiration_per_min smallint, spo2_percent smallint, spo2_scale smallint,
    on_oxygen boolean, oxygen_l_per_min float8, oxygen_device text, systolic_mmhg smallint, diastolic_mmhg smallint,
    pulse_per_min smallint, consciousness text, temperature_celsius float8, news_score smallint, news_signs smallint,
    news_band text, confirmed text[], state text, error_reason text, version int);

-- What saving a set of observations decides on: the stay with its latest values.
CREATE TYPE encounters.observed_stay AS (hospital_id uuid, encounter_id uuid, person_id uuid, ward_id uuid, bed_id uuid, bed_label text,
    started_at timestamptz, pregnant boolean, born_on date, family text, given text, spo2_scale smallint, spo2_scale_by uuid,
    spo2_scale_at timestamptz, respiration_per_min smallint, respiration_at timestamptz, spo2_percent smallint,
    spo2_at timestamptz, spo2_read_on_scale smallint, spo2_on_oxygen boolean, on_oxygen boolean, oxygen_at timestamptz,
    oxygen_l_per_min float8, systolic_mmhg smallint, systolic_at timestamptz, diastolic_mmhg smallint, pulse_per_min smallint,
    pulse_at timestamptz, consciousness text, consciousness_at timestamptz, temperature_celsius float8, temperature_at timestamptz,
    news_score smallint, news_signs smallint, news_band text, news_at timestamptz, news_history smallint[],
    news_history_at timestamptz[], observations_due_at timestamptz, version int);
CREATE FUNCTION vitals.open_save(hospital uuid, person uuid) RETURNS SETOF encounters.observed_stay
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('app.hospital_id', hospital::text, false);
    RETURN QUERY
    SELECT c.hospital_id, c.encounter_id, c.person_id, c.ward_id, c.bed_id, c.bed_label, c.started_at, c.pregnant, p.born_on, p.family,
               p.given, c.spo2_scale, c.spo2_scale_by, c.spo2_scale_at, c.respiration_per_min, c.respiration_at, c.spo2_percent,
               c.spo2_at, c.spo2_read_on_scale, c.spo2_on_oxygen, c.on_oxygen, c.oxygen_at, c.oxygen_l_per_min::float8,
               c.systolic_mmhg, c.systolic_at, c.diastolic_mmhg, c.pulse_per_min, c.pulse_at, c.consciousness, c.consciousness_at,
               c.temperature_celsius::float8, c.temperature_at, c.news_score, c.news_signs, c.news_band, c.news_at, c.news_history,
               c.news_history_at, c.observations_due_at, c.version
      FROM encounters.current c
      JOIN patients.person p ON p.id = c.person_id
     WHERE c.hospital_id = hospital AND c.person_id = person
     ORDER BY c.class = 'outpatient', c.started_at DESC
     LIMIT 1;
END $$;

GRANT EXECUTE ON FUNCTION platform.raise_topics(text[], uuid[]), platform.start_again(text),
    platform.end_write(uuid, uuid, text, smallint, text, bytea, text[], text[], text[], uuid[]),
    platform.keep_reply(uuid, text, text, bytea, smallint, bytea), patients.open_patient(uuid, uuid, text),
    beds.open_board(uuid, uuid, bigint, timestamptz), vitals.open_save(uuid, uuid) TO wardline_app;

-- A statement on a partitioned table locks every partition that its generic plan knows: fewer of them lie ahead.
DO $$
DECLARE child regclass;
BEGIN
    FOR child IN
        SELECT i.inhrelid::regclass FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
         WHERE i.inhparent = 'platform.reply'::regclass AND c.relname > 'reply_' || to_char(now() + interval '3 days', 'YYYYMMDD')
               AND c.relname ~ '_[0-9]{8}$'
            OR i.inhparent = 'vitals.observation_set'::regclass AND c.relname ~ '_[0-9]{6}$'
               AND c.relname > 'observation_set_' || to_char(now() + interval '4 months', 'YYYYMM')
    LOOP
        EXECUTE format('DROP TABLE %s', child);
    END LOOP;
END $$;

-- An entry is looked for by hospital, person or actor, never by its time alone; each index is written with every read.
ALTER TABLE audit.entry DROP CONSTRAINT entry_pkey;
