-- The queue's functions find their own tables, whoever calls them.
DO $$
DECLARE routine regprocedure;
BEGIN
    FOR routine IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'procrastinate'::regnamespace LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = procrastinate, pg_catalog, pg_temp', routine);
    END LOOP;
END $$;

-- A NOTIFY inside a writing transaction would make all writers commit one after the other; the workers poll instead.
ALTER TABLE procrastinate.procrastinate_jobs DISABLE TRIGGER procrastinate_jobs_notify_queue_job_inserted_v1;
ALTER TABLE procrastinate.procrastinate_jobs DISABLE TRIGGER procrastinate_jobs_notify_queue_job_aborted_v1;

-- Enqueues within the caller's transaction. The application may call this and nothing else of the queue.
-- Returns null when a job with the same `once` is waiting already.
CREATE FUNCTION platform.defer_job(job_name text, job_args jsonb, start_at timestamptz DEFAULT NULL,
    job_lock text DEFAULT NULL, once text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = procrastinate, pg_catalog, pg_temp AS $$
BEGIN
    IF once IS NULL THEN
        RETURN (procrastinate_defer_jobs_v1(ARRAY[
            ROW('default', job_name, 0, job_lock, NULL, job_args, start_at)::procrastinate_job_to_defer_v1]))[1];
    END IF;
    IF EXISTS (SELECT 1 FROM procrastinate_jobs j WHERE j.queueing_lock = once AND j.status = 'todo') THEN
        RETURN NULL;
    END IF;
    BEGIN
        RETURN (procrastinate_defer_jobs_v1(ARRAY[
            ROW('default', job_name, 0, job_lock, once, job_args, start_at)::procrastinate_job_to_defer_v1]))[1];
    EXCEPTION WHEN unique_violation THEN
        RETURN NULL;
    END;
END $$;
REVOKE EXECUTE ON FUNCTION platform.defer_job(text, jsonb, timestamptz, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION platform.defer_job(text, jsonb, timestamptz, text, text) TO wardline_app;

-- Jobs that failed at every try: somebody has to look at them.
CREATE TABLE platform.dead_job (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_id     bigint NOT NULL UNIQUE,
    name       text NOT NULL,
    args       jsonb NOT NULL,
    owner_role text NOT NULL DEFAULT 'network_administrator',
    error      text NOT NULL DEFAULT 'unknown',      -- the kind of error, never its text
    tries      int NOT NULL,
    died_at    timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz,
    settled_by uuid,
    settled_as text CHECK (settled_as IN ('tried_again', 'given_up')),
    CHECK ((settled_at IS NULL) = (settled_as IS NULL))
);
CREATE INDEX dead_job_open ON platform.dead_job (died_at) WHERE settled_at IS NULL;
GRANT SELECT, UPDATE (settled_at, settled_by, settled_as) ON platform.dead_job TO wardline_app;

-- However a job came to fail, it is on the list.
CREATE FUNCTION platform.bury_failed_job() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO platform.dead_job (job_id, name, args, tries) VALUES (NEW.id, NEW.task_name, NEW.args, NEW.attempts)
    ON CONFLICT (job_id) DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER bury_failed_job AFTER UPDATE OF status ON procrastinate.procrastinate_jobs
    FOR EACH ROW WHEN (NEW.status = 'failed') EXECUTE FUNCTION platform.bury_failed_job();

-- Relayed events are kept for a week; this finds the old ones.
CREATE INDEX outbox_relayed ON platform.outbox (relayed_at) WHERE relayed_at IS NOT NULL;
