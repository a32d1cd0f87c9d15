#!/bin/sh
# The line that people know: ab -n 100000 -c 10000 http://127.0.0.1:8000/health
# With as many clients at once as this shell may have open files. ab is in Debian's package apache2-utils.
#   bench/ab.sh [requests] [clients] [address]
set -eu
requests=${1:-100000}
clients=${2:-10000}
address=${3:-http://127.0.0.1:8000/health}
command -v ab >/dev/null || { echo "ab is missing: apt-get install apache2-utils" >&2; exit 1; }
ulimit -n "$(ulimit -Hn)" 2>/dev/null || true
files=$(ulimit -n)
if [ "$files" != unlimited ] && [ "$clients" -gt $((files - 100)) ]; then
    clients=$((files - 100))
    echo "$files open files are allowed here: $clients clients at once" >&2
fi
set -x
exec ab -q -n "$requests" -c "$clients" "$address"
