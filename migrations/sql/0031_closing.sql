-- The audit part of a write's closing call: one row for each change, and for what was read on the way, in the same transaction.
CREATE OR REPLACE FUNCTION audit.record(hospital uuid, actor uuid, role text, session uuid, request text, client_name text, changes jsonb)
RETURNS void LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO audit.entry (id, hospital_id, actor_id, actor_role, session_id, action, outcome, person_id, subject_type,
                             subject_id, request_id, client, detail)
    SELECT c.id, hospital, actor, role, session, c.action, coalesce(c.outcome, 'done'), c.person_id, c.subject_type, c.subject_id, request,
           client_name, c.detail
      FROM jsonb_to_recordset(changes) AS c (id uuid, action text, outcome text, person_id uuid, subject_type text, subject_id uuid, detail jsonb)
$$;

-- Last call of every write: stores the reply, the events and, last of all and in one order, the topic versions.
CREATE OR REPLACE FUNCTION platform.close_write(tenant uuid, caller uuid, reply_key text, reply_status smallint, reply_location text,
    reply_body bytea, event_names text[], event_payloads text[], topics text[]) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE name text; bumped bigint; versions bigint[] := '{}';
BEGIN
    IF reply_key IS NOT NULL THEN
        UPDATE platform.reply r SET status = reply_status, location = reply_location, body = reply_body
         WHERE r.caller_id = caller AND r.key = reply_key AND r.kept_on = (now() AT TIME ZONE 'UTC')::date;   -- the day it was claimed on: one partition
    END IF;
    IF cardinality(event_names) > 0 THEN
        INSERT INTO platform.outbox (tenant_id, name, payload)
        SELECT tenant, e.name, e.payload::jsonb FROM unnest(event_names, event_payloads) AS e (name, payload);
    END IF;
    FOREACH name IN ARRAY topics LOOP
        UPDATE platform.topic t SET version = t.version + 1, touched_at = clock_timestamp()
         WHERE t.topic = name RETURNING t.version INTO bumped;
        IF NOT FOUND THEN
            INSERT INTO platform.topic AS t (topic) VALUES (name)
            ON CONFLICT (topic) DO UPDATE SET version = t.version + 1, touched_at = clock_timestamp()
            RETURNING t.version INTO bumped;
        END IF;
        versions := versions || bumped;
    END LOOP;
    RETURN versions;
END $$;
