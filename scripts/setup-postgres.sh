#!/usr/bin/env bash
# Installs the programs of a PostgreSQL server (Debian), and no server: the tests of the native
# crate and of dashboard-api start their own. Quick when they are there.
set -euo pipefail
cd "$(dirname "$0")/.."

if compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null; then exit 0; fi

as_root=()
if [ "$(id -u)" -ne 0 ] && command -v sudo >/dev/null; then as_root=(sudo); fi
ours=()
trap '[ ${#ours[@]} -eq 0 ] || "${as_root[@]}" rm -f "${ours[@]}"' EXIT
# meanwhile FILE MODE TEXT: a file that is there only while we install, unless it was there before.
meanwhile() {
  if [ -e "$1" ]; then return 0; fi
  ours+=("$1")
  "${as_root[@]}" mkdir -p "$(dirname "$1")"
  printf '%b' "$3" | "${as_root[@]}" tee "$1" >/dev/null
  "${as_root[@]}" chmod "$2" "$1"
}

# The tests make clusters of their own in temporary folders. The package would make one more, under
# /var/lib, and start it, now and at every boot: postgresql-common can be told to make none, and
# Debian asks policy-rc.d whether a new service may start.
meanwhile /etc/postgresql-common/createcluster.d/assignment-engine-tests.conf 644 \
  'create_main_cluster = false\n'
meanwhile /usr/sbin/policy-rc.d 755 '#!/bin/sh\nexit 101\n'
scripts/apt-install.sh postgresql

if ! compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null; then
  echo "postgresql is installed, but there is no /usr/lib/postgresql/*/bin/initdb" >&2
  exit 1
fi
