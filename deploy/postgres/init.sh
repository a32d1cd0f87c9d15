#!/usr/bin/env bash
# The first start of the database: the roles and the database, with the passwords that deploy/secrets.py made.
# Runs inside the PostgreSQL image, and by deploy/run-local; SECRETS is the folder with the passwords.
set -euo pipefail
export SECRETS=${SECRETS:-/run/secrets/postgres}

psql -v ON_ERROR_STOP=1 --no-psqlrc --quiet --username postgres --dbname postgres <<'SQL'
\set owner_password `cat "$SECRETS/owner-password"`
\set app_password `cat "$SECRETS/app-password"`
\set monitor_password `cat "$SECRETS/monitor-password"`

-- Owns the tables, migrates, and runs jobs over all hospitals, which row-level security would hide from it.
CREATE ROLE wardline_owner LOGIN CREATEROLE BYPASSRLS PASSWORD :'owner_password';
-- Serves people. Row-level security binds it, and it may not change the audit record.
CREATE ROLE wardline_app LOGIN PASSWORD :'app_password';
-- Sees figures, never rows.
CREATE ROLE wardline_monitor LOGIN CONNECTION LIMIT 5 PASSWORD :'monitor_password';
GRANT pg_monitor TO wardline_monitor;

CREATE DATABASE wardline OWNER wardline_owner ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE wardline FROM PUBLIC;
GRANT CONNECT ON DATABASE wardline TO wardline_app, wardline_monitor;
SQL
