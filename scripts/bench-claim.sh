#!/usr/bin/env bash
# Measures a claim in PostgreSQL beside a plain UPDATE, on a server of its own with the settings it
# comes with, durable commits included.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup-postgres.sh

bin=$(compgen -G "/usr/lib/postgresql/*/bin" | sort -V | tail -1)
folder=$(mktemp -d /tmp/assignment-bench-XXXXXX)
server=
trap '[ -z "$server" ] || kill -QUIT "$server" 2>/dev/null; wait; rm -rf "$folder"' EXIT
# PostgreSQL refuses to run as root: then it runs as Debian's user for it.
as_server=()
if [ "$(id -u)" -eq 0 ]; then
  chown postgres: "$folder"
  as_server=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi
(cd / && "${as_server[@]}" "$bin/initdb" -D "$folder/data" -U bench -A trust -E UTF8 --locale=C >/dev/null)
port=$(node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
(cd / && exec "${as_server[@]}" "$bin/postgres" -D "$folder/data" -c "port=$port" \
  -c listen_addresses=127.0.0.1 -c "unix_socket_directories=$folder" >"$folder/log" 2>&1) &
server=$!

cargo build --quiet --release --locked -p assignment-engine --features postgres --example claim_cost
until "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; do sleep 0.1; done
target/release/examples/claim_cost "postgres://bench@127.0.0.1:$port/postgres"
