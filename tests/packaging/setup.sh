#!/usr/bin/env bash
# Installs what the tests of packaging need beyond Node: a Chromium. Quick when it is there.
set -euo pipefail
cd "$(dirname "$0")/../.."

command -v npm >/dev/null || {
  echo "missing: npm, which comes with Node 20" >&2
  exit 1
}
[ -x /usr/bin/chromium ] || scripts/apt-install.sh chromium
