-- What every write pays, and what giving a dose reads.

-- Planned once for a connection, where a function in SQL is planned at each call (before PostgreSQL 18). Most writes record
-- one change, which needs no set of rows to be made of it first.
CREATE OR REPLACE FUNCTION audit.record(hospital uuid, actor uuid, role text, session uuid, request text, client_name text, changes jsonb)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE one jsonb;
BEGIN
    IF jsonb_array_length(changes) = 1 THEN
        one := changes -> 0;
        INSERT INTO audit.entry (id, hospital_id, actor_id, actor_role, session_id, action, outcome, person_id, subject_type,
                                 subject_id, request_id, client, detail)
        VALUES ((one ->> 'id')::uuid, hospital, actor, role, session, one ->> 'action', coalesce(one ->> 'outcome', 'done'),
                (one ->> 'person_id')::uuid, one ->> 'subject_type', (one ->> 'subject_id')::uuid, request, client_name,
                nullif(one -> 'detail', 'null'::jsonb));
        RETURN;
    END IF;
    INSERT INTO audit.entry (id, hospital_id, actor_id, actor_role, session_id, action, outcome, person_id, subject_type,
                             subject_id, request_id, client, detail)
    SELECT c.id, hospital, actor, role, session, c.action, coalesce(c.outcome, 'done'), c.person_id, c.subject_type, c.subject_id, request,
           client_name, c.detail
      FROM jsonb_to_recordset(changes) AS c (id uuid, action text, outcome text, person_id uuid, subject_type text, subject_id uuid, detail jsonb);
END $$;

-- The reply kept for a key: today's or yesterday's, so two of the partitions are looked at and the days ahead are not. Today
-- is asked for once the key is held: who began before midnight may have waited for the one who answered after it.
CREATE FUNCTION platform.kept_reply(caller uuid, reply_key text, OUT route text, OUT body_hash bytea, OUT body bytea)
RETURNS SETOF record LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE today date;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(caller::text || reply_key, 7));
    today := (clock_timestamp() AT TIME ZONE 'UTC')::date;
    RETURN QUERY SELECT r.route, r.body_hash, r.body FROM platform.reply r
      WHERE r.caller_id = caller AND r.key = reply_key AND r.kept_on IN (today - 1, today);
END $$;

-- First call of a write in the ordinary form: sets the scope for the transaction and looks whether the key was used. The lock
-- on the key, held until the commit, makes a second copy wait for the first one, so the reply need not stand before its end.
-- outcome: new, replay (body of the first answer), other_body (the key was used for something else).
CREATE FUNCTION platform.open_write(tenant uuid, caller uuid, route_name text, reply_key text, hash bytea,
    OUT outcome text, OUT body bytea)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE kept record;
BEGIN
    PERFORM set_config('app.hospital_id', coalesce(tenant::text, ''), true);
    outcome := 'new';
    IF reply_key IS NULL THEN RETURN; END IF;
    SELECT * INTO kept FROM platform.kept_reply(caller, reply_key);
    IF NOT FOUND THEN RETURN; END IF;
    IF kept.body_hash <> hash OR kept.route <> route_name THEN outcome := 'other_body'; RETURN; END IF;
    outcome := 'replay'; body := kept.body;
END $$;

-- Last call of every write: keeps the reply, whole and once; the events; and, last of all and in one order, the topics. The
-- lean form has not `looked` for the key yet: where it is taken the write starts again in the ordinary form.
CREATE FUNCTION platform.finish_write(tenant uuid, caller uuid, reply_key text, route_name text, hash bytea, reply_body bytea,
    event_names text[], event_payloads text[], topics text[], elements uuid[], looked boolean) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF reply_key IS NOT NULL THEN
        IF NOT looked THEN
            PERFORM FROM platform.kept_reply(caller, reply_key);
            IF FOUND THEN PERFORM platform.start_again('the key is taken'); END IF;
        END IF;
        INSERT INTO platform.reply (caller_id, key, route, body_hash, status, body)
        VALUES (caller, reply_key, route_name, hash, 200, reply_body);
    END IF;
    IF cardinality(event_names) = 1 THEN
        INSERT INTO platform.outbox (tenant_id, name, payload) VALUES (tenant, event_names[1], event_payloads[1]::jsonb);
    ELSIF cardinality(event_names) > 1 THEN
        INSERT INTO platform.outbox (tenant_id, name, payload)
        SELECT tenant, e.name, e.payload::jsonb FROM unnest(event_names, event_payloads) AS e (name, payload);
    END IF;
    RETURN platform.raise_topics(topics, elements);
END $$;

GRANT EXECUTE ON FUNCTION platform.kept_reply(uuid, text), platform.open_write(uuid, uuid, text, text, bytea),
    platform.finish_write(uuid, uuid, text, text, bytea, bytea, text[], text[], text[], uuid[], boolean) TO wardline_app;

-- What saving words of a note decides on.
CREATE FUNCTION notes.open_note(hospital uuid, note uuid)
RETURNS TABLE(person_id uuid, kind text, state text, signed_by uuid, version int)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('app.hospital_id', hospital::text, false);
    RETURN QUERY SELECT n.person_id, n.kind, n.state, n.signed_by, n.version FROM notes.note n
      WHERE n.hospital_id = hospital AND n.id = note;
END $$;
GRANT EXECUTE ON FUNCTION notes.open_note(uuid, uuid) TO wardline_app;

-- All that a decision about giving rests on, as mar.open_dose gathers it. Starting a statement costs more than reading its
-- rows, so what most doses do not have is asked for only where it can be there: steps of an order after the first (each is
-- a version), and who was first (a dose that somebody recorded is not due).
CREATE TYPE mar.opened AS (
    dose_id uuid, medicine_id uuid, person_id uuid, encounter_id uuid, due_at timestamptz, dose_state text, dose_since timestamptz,
    version int, amount float8, amount_to float8, unit text, critical text, task_id uuid,
    order_version int, order_state text, order_reason text, name text, kind text, route text, line text, prescribed_at timestamptz,
    prescribed_by text, since timestamptz, state_at timestamptz, state_by text,
    network_number text, mrn text, family text, given text, born_on date,
    ward_id uuid, has_stay boolean, running_id uuid,
    done_id uuid, done_action text, done_at timestamptz, done_by text, weight_kg float8, other_at timestamptz,
    line_version int, needed text[]);
CREATE FUNCTION mar.look_at_dose(hospital uuid, dose uuid, medicine uuid) RETURNS SETOF mar.opened
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE found mar.opened; wanted uuid := medicine;
BEGIN
    PERFORM set_config('app.hospital_id', hospital::text, false);
    IF wanted IS NULL THEN
        SELECT d.medicine_id INTO wanted FROM mar.dose d WHERE d.hospital_id = hospital AND d.id = dose;
    END IF;
    SELECT d.id, m.id, m.person_id, m.encounter_id, d.due_at, d.state, d.since, d.version, d.amount::float8, d.amount_to::float8,
           d.unit, d.critical, d.task_id, m.version, m.state, m.state_reason, m.name, m.kind, m.route, m.line::text, m.prescribed_at,
           concat_ws(' ', nullif(f.title, ''), left(f.given, 1) || '.', f.family), m.prescribed_at, NULL, NULL,
           p.network_number, r.mrn, p.family, p.given, p.born_on, c.ward_id, c.encounter_id IS NOT NULL,
           (SELECT a.id FROM mar.administration a WHERE a.hospital_id = hospital AND a.medicine_id = m.id
                      AND a.state = 'final' AND a.infusion IN ('running', 'paused')),
           NULL, NULL, NULL, NULL,
           (SELECT w.value::float8 FROM orders.measure w
             WHERE w.hospital_id = hospital AND w.person_id = m.person_id AND w.kind = 'weight_kg'
             ORDER BY w.taken_at DESC, w.created_at DESC LIMIT 1),
           (SELECT a.happened_at FROM mar.administration a
             WHERE a.hospital_id = hospital AND a.medicine_id = m.id AND a.state = 'final' AND a.action IN ('given', 'self')
               AND a.dose_id IS DISTINCT FROM d.id
             ORDER BY a.happened_at DESC LIMIT 1),
           0,
           (SELECT array_agg(n.line::text)
              FROM (SELECT o.line FROM orders.medicine o
                     WHERE o.hospital_id = hospital AND o.person_id = m.person_id AND o.kind = 'as_needed'
                       AND o.state = 'active' AND o.id <> m.id AND o.line ->> 'day_max' IS NOT NULL
                     LIMIT 50) n)
      INTO found
      FROM orders.medicine m
      JOIN patients.person p ON p.id = m.person_id
      JOIN patients.registration r ON r.hospital_id = m.hospital_id AND r.person_id = m.person_id
      LEFT JOIN mar.dose d ON d.hospital_id = m.hospital_id AND d.id = dose AND d.medicine_id = m.id
      LEFT JOIN encounters.current c ON c.hospital_id = m.hospital_id AND c.encounter_id = m.encounter_id
      LEFT JOIN identity.staff f ON f.id = m.prescribed_by
     WHERE m.hospital_id = hospital AND m.id = wanted;
    IF found.medicine_id IS NULL OR (dose IS NOT NULL AND found.dose_id IS NULL) THEN RETURN; END IF;
    IF found.order_version > 1 OR found.order_state <> 'active' THEN
        SELECT coalesce(max(s.at) FILTER (WHERE s.kind = 'changed'), found.since) INTO found.since
          FROM orders.step s WHERE s.hospital_id = hospital AND s.medicine_id = found.medicine_id;
        SELECT count(*) INTO found.line_version
          FROM orders.step s WHERE s.hospital_id = hospital AND s.medicine_id = found.medicine_id
                               AND s.at <= (SELECT max(c.at) FROM orders.step c
                                             WHERE c.hospital_id = hospital AND c.medicine_id = found.medicine_id AND c.kind = 'changed');
    END IF;
    IF found.order_state <> 'active' THEN
        SELECT s.at, concat_ws(' ', nullif(f.title, ''), left(f.given, 1) || '.', f.family) INTO found.state_at, found.state_by
          FROM orders.step s LEFT JOIN identity.staff f ON f.id = s.actor_id
         WHERE s.hospital_id = hospital AND s.medicine_id = found.medicine_id
         ORDER BY s.at DESC, s.id DESC LIMIT 1;
    END IF;
    IF found.dose_state <> 'due' THEN
        SELECT a.id, a.action, a.happened_at, left(f.given, 1) || '. ' || f.family
          INTO found.done_id, found.done_action, found.done_at, found.done_by
          FROM mar.administration a JOIN identity.staff f ON f.id = a.recorded_by
         WHERE a.hospital_id = hospital AND a.dose_id = found.dose_id AND a.state = 'final';
    END IF;
    RETURN NEXT found;
END $$;
GRANT EXECUTE ON FUNCTION mar.look_at_dose(uuid, uuid, uuid) TO wardline_app;
