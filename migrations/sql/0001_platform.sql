-- What every slice stands on: topics, outbox, stored replies, and two helpers for the slices' own tables.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS fuzzystrmatch;

CREATE SCHEMA platform;
GRANT USAGE ON SCHEMA platform TO wardline_app;

-- The version of everything that can be watched. Rows are tiny and hot: keep free space for in-page updates.
CREATE TABLE platform.topic (
    topic      text PRIMARY KEY CHECK (length(topic) BETWEEN 3 AND 200),
    version    bigint NOT NULL DEFAULT 1,
    touched_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 60);

CREATE TABLE platform.outbox (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id  uuid,
    name       text NOT NULL,
    payload    jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    relayed_at timestamptz
);
CREATE INDEX outbox_waiting ON platform.outbox (id) WHERE relayed_at IS NULL;

-- Replies kept for a day, so that a repeated request gets the first answer. Daily partitions are dropped whole.
CREATE TABLE platform.reply (
    kept_on    date NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')::date,
    caller_id  uuid NOT NULL,
    key        text NOT NULL CHECK (length(key) BETWEEN 8 AND 100),
    route      text NOT NULL,
    body_hash  bytea NOT NULL,
    status     smallint,
    location   text,
    body       bytea CHECK (length(body) <= 65536),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kept_on, caller_id, key)
) PARTITION BY RANGE (kept_on);

-- Partitions by day or month from today's on; called by the migration and daily by the worker.
CREATE FUNCTION platform.ensure_partitions(parent regclass, step interval, first_at timestamptz, count int)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    from_at timestamptz; upto_at timestamptz; name text; unit text := CASE WHEN step >= interval '1 month' THEN 'month' ELSE 'day' END;
BEGIN
    FOR n IN 0 .. count - 1 LOOP
        from_at := date_trunc(unit, first_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
        from_at := (from_at AT TIME ZONE 'UTC' + n * step) AT TIME ZONE 'UTC';
        upto_at := (from_at AT TIME ZONE 'UTC' + step) AT TIME ZONE 'UTC';
        name := format('%s_%s', (SELECT relname FROM pg_class WHERE oid = parent),
                       to_char(from_at AT TIME ZONE 'UTC', CASE unit WHEN 'month' THEN 'YYYYMM' ELSE 'YYYYMMDD' END));
        EXECUTE format('CREATE TABLE IF NOT EXISTS %I.%I PARTITION OF %s FOR VALUES FROM (%L) TO (%L)',
                       (SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = parent),
                       name, parent, from_at AT TIME ZONE 'UTC', upto_at AT TIME ZONE 'UTC');
    END LOOP;
END $$;
SELECT platform.ensure_partitions('platform.reply', interval '1 day', now() - interval '1 day', 10);
CREATE TABLE platform.reply_other PARTITION OF platform.reply DEFAULT;

-- Row-level security for a table of one hospital: equality on the scope, an unset scope is an error.
CREATE FUNCTION platform.protect(target regclass, rule text DEFAULT 'hospital_id = current_setting(''app.hospital_id'')::uuid')
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
    EXECUTE format('CREATE POLICY own_hospital ON %s USING (%s) WITH CHECK (%s)', target, rule, rule);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %s TO wardline_app', target);
END $$;

-- First call of every write: sets the scope for the transaction and claims the idempotency key.
-- outcome: new, replay (status and body of the first answer), other_body (the key was used for something else).
-- The lock on the key makes a second copy wait for the first one's commit, also around midnight.
CREATE FUNCTION platform.begin_write(tenant uuid, caller uuid, route_name text, reply_key text, hash bytea,
    OUT outcome text, OUT status smallint, OUT location text, OUT body bytea)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE kept platform.reply;
BEGIN
    PERFORM set_config('app.hospital_id', coalesce(tenant::text, ''), true);
    outcome := 'new';
    IF reply_key IS NULL THEN RETURN; END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(caller::text || reply_key, 7));
    SELECT * INTO kept FROM platform.reply r
     WHERE r.caller_id = caller AND r.key = reply_key AND r.kept_on >= (now() AT TIME ZONE 'UTC')::date - 1;
    IF FOUND THEN
        IF kept.body_hash <> hash OR kept.route <> route_name THEN outcome := 'other_body'; RETURN; END IF;
        outcome := 'replay'; status := kept.status; location := kept.location; body := kept.body;
        RETURN;
    END IF;
    INSERT INTO platform.reply (caller_id, key, route, body_hash) VALUES (caller, reply_key, route_name, hash);
END $$;

-- Last call of every write: stores the reply, the events and, last of all and in one order, the topic versions.
CREATE FUNCTION platform.close_write(tenant uuid, caller uuid, reply_key text, reply_status smallint, reply_location text,
    reply_body bytea, event_names text[], event_payloads text[], topics text[]) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE name text; bumped bigint; versions bigint[] := '{}';
BEGIN
    IF reply_key IS NOT NULL THEN
        UPDATE platform.reply r SET status = reply_status, location = reply_location, body = reply_body
         WHERE r.caller_id = caller AND r.key = reply_key AND r.kept_on >= (now() AT TIME ZONE 'UTC')::date - 1;
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

GRANT SELECT, INSERT, UPDATE ON platform.topic, platform.reply TO wardline_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON platform.outbox TO wardline_app;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA platform TO wardline_app;
REVOKE EXECUTE ON FUNCTION platform.protect(regclass, text) FROM wardline_app, PUBLIC;

-- The web server says /ready only on the schema it was written for.
GRANT SELECT ON public.wardline_migration TO wardline_app;
