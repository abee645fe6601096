#!/usr/bin/env bash
# Installs what `make test` needs beyond rustup's Rust, Node and make: a C and C++ compiler
# (libFuzzer is C++), valgrind, redis-server, the programs of PostgreSQL, and the WebAssembly target. Quick
# when all is there.
set -euo pipefail
cd "$(dirname "$0")/.."

for tool in cargo node; do
  if ! command -v "$tool" >/dev/null; then
    echo "missing: $tool (Rust comes from rustup, Node is needed from version 20)" >&2
    exit 1
  fi
done
if [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ]; then
  echo "Node $(node --version) is too old, 20 is needed" >&2
  exit 1
fi

if ! command -v cc >/dev/null || ! command -v c++ >/dev/null; then
  scripts/apt-install.sh build-essential
fi
if ! command -v valgrind >/dev/null; then
  scripts/apt-install.sh valgrind
fi

# Certificates for the tests of TLS are made by it.
if ! command -v openssl >/dev/null; then scripts/apt-install.sh openssl; fi

if ! command -v redis-server >/dev/null; then
  # The tests start their own servers on free ports. The package would start one more, on the
  # standard port and at every boot; Debian asks policy-rc.d whether a new service may start.
  as_root=()
  if [ "$(id -u)" -ne 0 ] && command -v sudo >/dev/null; then as_root=(sudo); fi
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
  fi
  scripts/apt-install.sh redis-server
  if command -v systemctl >/dev/null; then
    if ! "${as_root[@]}" systemctl --quiet disable redis-server 2>/dev/null; then
      echo "note: redis-server could not be kept from starting at boot; the tests do not mind"
    fi
  fi
fi

scripts/setup-postgres.sh
scripts/setup-wasm.sh
