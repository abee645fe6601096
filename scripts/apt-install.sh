#!/usr/bin/env bash
# Installs Debian packages, those that are missing:  scripts/apt-install.sh [--update] PACKAGE…
# With --update the package lists are fetched first, for packages of which an old version will
# not do. Otherwise they are fetched only when the installation fails without it.
set -euo pipefail

update=no
if [ "${1:-}" = --update ]; then
  update=yes
  shift
fi

missing=()
for package in "$@"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=unknown
  [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "missing: ${missing[*]}. Install them as root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
if ! command -v apt-get >/dev/null; then
  echo "missing: ${missing[*]} (names of Debian packages), and there is no apt-get here" >&2
  exit 1
fi

# A fresh machine is often still busy with its own updates, so wait for the lock. --no-remove:
# the packages in question conflict with some that a person may have chosen on purpose.
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get \
    -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -qq "$@"
}
# The lock of the lists is another one, for which apt-get does not wait by itself.
update_lists() {
  local try
  for try in 1 2 3 4 5; do
    if apt update; then return 0; fi
    echo "apt-get update failed (try $try of 5)" >&2
    sleep $((try * 5))
  done
  return 1
}
install_missing() {
  apt install -y --no-install-recommends --no-remove "${missing[@]}" >"$log" 2>&1
}

echo "installing with apt-get: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if [ "$update" = yes ]; then
  update_lists
elif install_missing; then
  exit 0
else
  update_lists
fi
install_missing || {
  cat "$log" >&2
  exit 1
}
