-- Append-only record of changes, reads and refusals. The application may add and read, never change.
CREATE SCHEMA audit;
GRANT USAGE ON SCHEMA audit TO wardline_app;

CREATE TABLE audit.entry (
    at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    id           uuid NOT NULL,
    hospital_id  uuid,                       -- null: before a hospital is known (sign-in)
    actor_id     uuid,                       -- null: nobody signed in
    actor_role   text,
    session_id   uuid,
    action       text NOT NULL,              -- patient.read, bed.assigned, session.refused ...
    outcome      text NOT NULL CHECK (outcome IN ('done', 'read', 'refused')),
    person_id    uuid,
    subject_type text,
    subject_id   uuid,
    request_id   text NOT NULL,
    client       text,
    detail       jsonb,                      -- ids, states, codes, counts; never a clinical value, name or password
    PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
SELECT platform.ensure_partitions('audit.entry', interval '1 month', now() - interval '1 month', 15);
CREATE TABLE audit.entry_other PARTITION OF audit.entry DEFAULT;
CREATE INDEX entry_person ON audit.entry (hospital_id, person_id, at DESC) WHERE person_id IS NOT NULL;
CREATE INDEX entry_actor ON audit.entry (hospital_id, actor_id, at DESC);
CREATE INDEX entry_hospital ON audit.entry (hospital_id, at DESC, id);
CREATE INDEX entry_refused ON audit.entry (hospital_id, at DESC) WHERE outcome = 'refused';

ALTER TABLE audit.entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit.entry FORCE ROW LEVEL SECURITY;
CREATE POLICY add_any ON audit.entry FOR INSERT WITH CHECK (true);   -- one batch holds the reads of several hospitals
CREATE POLICY read_own ON audit.entry FOR SELECT USING (hospital_id = current_setting('app.hospital_id')::uuid);
GRANT SELECT, INSERT ON audit.entry TO wardline_app;

-- The audit part of a write's closing call: one row for each change, in the same transaction.
CREATE FUNCTION audit.record(hospital uuid, actor uuid, role text, session uuid, request text, client_name text, changes jsonb)
RETURNS void LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO audit.entry (id, hospital_id, actor_id, actor_role, session_id, action, outcome, person_id, subject_type,
                             subject_id, request_id, client, detail)
    SELECT c.id, hospital, actor, role, session, c.action, 'done', c.person_id, c.subject_type, c.subject_id, request,
           client_name, c.detail
      FROM jsonb_to_recordset(changes) AS c (id uuid, action text, person_id uuid, subject_type text, subject_id uuid, detail jsonb)
$$;
GRANT EXECUTE ON FUNCTION audit.record(uuid, uuid, text, uuid, text, text, jsonb) TO wardline_app;
