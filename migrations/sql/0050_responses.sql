-- How the service answered, for people to look back at. Each web process adds its share of a minute; the worker sums
-- minutes to hours and hours to days. `counts` has the cells of wardline.platform.metrics: one for each bound, one beyond.
-- The route '' is all routes together. No figure belongs to a person.
CREATE TABLE platform.response (
    span     text NOT NULL CHECK (span IN ('minute', 'hour', 'day')),
    began_at timestamptz NOT NULL,
    route    text NOT NULL CHECK (length(route) <= 200),
    counts   int[] NOT NULL CHECK (cardinality(counts) BETWEEN 2 AND 100),
    seconds  float8 NOT NULL,
    failed   int NOT NULL,                            -- ended in a fault of the service
    refused  int NOT NULL,                            -- were asked to try again; not among the counts
    PRIMARY KEY (span, began_at, route)
);
GRANT SELECT, INSERT, UPDATE ON platform.response TO wardline_app;

CREATE FUNCTION platform.added(int[], int[]) RETURNS int[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT array_agg(coalesce(a, 0) + coalesce(b, 0) ORDER BY n) FROM unnest($1, $2) WITH ORDINALITY AS u (a, b, n)
$$;
CREATE AGGREGATE platform.sum_counts(int[]) (SFUNC = platform.added, STYPE = int[], INITCOND = '{}', PARALLEL = SAFE,
                                             COMBINEFUNC = platform.added);
GRANT EXECUTE ON FUNCTION platform.added(int[], int[]), platform.sum_counts(int[]) TO wardline_app;

-- A stretch of time in which the service did badly, in the words of its kind; `worst` is a share or seconds.
CREATE TABLE platform.incident (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind     text NOT NULL CHECK (kind IN ('slow', 'failed', 'refused', 'silent')),
    began_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL CHECK (ended_at > began_at),
    worst    float8 NOT NULL
);
CREATE INDEX incident_ended ON platform.incident (ended_at);
GRANT SELECT ON platform.incident TO wardline_app;
