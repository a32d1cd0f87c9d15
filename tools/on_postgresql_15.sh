#!/usr/bin/env bash
# Runs the tests that talk to the database most on PostgreSQL 15, the oldest that Wardline promises: a server of
# Debian's package on a socket of its own, gone afterwards. The other tests run on the embedded 18.
set -euo pipefail
cd "$(dirname "$0")/.."
binaries=/usr/lib/postgresql/15/bin
folder=$(mktemp -d)
chmod 711 "$folder"
as_owner=()
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
    chown nobody "$folder"
    as_owner=(setpriv --reuid=nobody --clear-groups)
fi
"${as_owner[@]}" "$binaries/initdb" -D "$folder/cluster" -U postgres -A trust >/dev/null
"${as_owner[@]}" "$binaries/postgres" -D "$folder/cluster" -k "$folder" -c listen_addresses= -c fsync=off -c max_connections=200 \
    >"$folder/log" 2>&1 &
server=$!
trap 'kill -INT "$server"; wait "$server" || true; rm -rf "$folder"' EXIT
for _ in $(seq 100); do
    "$binaries/pg_isready" -q -h "$folder" -U postgres && break
    sleep 0.1
done
WARDLINE_TEST_DATABASE_URL="postgresql://postgres@/postgres?host=$folder" .venv/bin/python -m pytest -q -n 2 \
    tests/platform/test_queries.py tests/trust/test_hospital_walls.py tests/vitals tests/beds tests/patients tests/tasks \
    tests/encounters tests/demo/test_masses.py
