-- Two copies of one write in different forms. The ordinary form takes the lock on its key first and its rows after that, the
-- lean one has its rows when it comes to the key: each could hold what the other one waited for, until the deadlock detector
-- ended one of them, a second later. A lean write now never waits for a key: where somebody has it, a copy is under way, and
-- the write starts again in the ordinary form, which waits for the copy without holding anything.
CREATE OR REPLACE FUNCTION platform.finish_write(tenant uuid, caller uuid, reply_key text, route_name text, hash bytea, reply_body bytea,
    event_names text[], event_payloads text[], topics text[], elements uuid[], looked boolean) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF reply_key IS NOT NULL THEN
        IF NOT looked THEN
            -- The same number as in platform.kept_reply, which takes it once more.
            IF NOT pg_try_advisory_xact_lock(hashtextextended(caller::text || reply_key, 7)) THEN
                PERFORM platform.start_again('a copy is under way');
            END IF;
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
