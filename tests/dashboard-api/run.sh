#!/usr/bin/env bash
# The end-to-end tests: packs the npm package, installs it into a copy of this app as its users do,
# builds the app and runs it against a real PostgreSQL and a real Redis.
#   tests/dashboard-api/run.sh [FILE…]        only these, e2e/store.test.mjs for instance
#   ASSIGNMENT_ENGINE_TARBALL=x.tgz …/run.sh  that package, instead of packing pkg/
set -euo pipefail
given=${ASSIGNMENT_ENGINE_TARBALL:+$(realpath "$ASSIGNMENT_ENGINE_TARBALL")}
cd "$(dirname "$0")/../.."
app=$PWD/tests/dashboard-api
# Outside of the sources, and kept: a second run installs only what has changed.
copy=$PWD/target/dashboard-api
mkdir -p "$copy"

tarball=$copy/assignment-engine.tgz
if [ -n "$given" ]; then
  cp "$given" "$tarball"
else
  if [ ! -e pkg/dist/nestjs.cjs ]; then
    echo "pkg/dist is not built: npm --prefix pkg ci && npm --prefix pkg run build" >&2
    exit 1
  fi
  packed=$(cd pkg && npm pack --silent --pack-destination "$copy")
  mv "$copy/$packed" "$tarball"
fi

rm -rf "$copy/src" "$copy/e2e"
cp -R "$app/src" "$app/e2e" "$app/package.json" "$app/package-lock.json" "$app/tsconfig.json" \
  "$app/.npmrc" "$copy"
cd "$copy"

# A stamp names what an installation was made from, and is written when it is whole.
fresh() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }
locked=$(cat package-lock.json .npmrc <(node --version) | sha256sum)
if ! fresh node_modules/.locked "$locked"; then
  npm ci --silent --prefer-offline
  echo "$locked" >node_modules/.locked
fi
package=$(sha256sum <"$tarball")
if ! fresh node_modules/.package "$package"; then
  # Under the same name and version npm would keep the copy it has.
  rm -rf node_modules/assignment-engine
  npm install --silent --prefer-offline --no-save "$tarball"
  echo "$package" >node_modules/.package
fi

sources=$(find src tsconfig.json -type f | LC_ALL=C sort | xargs sha256sum)
built=$(sha256sum <<<"$locked$package$sources")
if ! fresh dist/.built "$built"; then
  rm -rf dist
  npm run --silent build
  echo "$built" >dist/.built
fi

files=("$@")
[ ${#files[@]} -gt 0 ] || files=(e2e/*.test.mjs)
# One file after the other: some tests measure how long an answer takes.
node --test --test-concurrency=1 --test-timeout=300000 --test-reporter=spec "${files[@]}"
