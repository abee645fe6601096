#!/usr/bin/env bash
# Packs the npm package, installs it into small projects of all sorts, and runs those:
#   tests/packaging/run.sh [FILE.test.mjs…]
set -euo pipefail
cd "$(dirname "$0")"

./setup.sh
if [ ! -f ../../pkg/dist/index.cjs ]; then
  echo "building the package"
  [ -d ../../pkg/node_modules ] || npm ci --ignore-scripts --prefix ../../pkg
  ../../scripts/build-wasm.sh
  npm run build --prefix ../../pkg
fi
node support/prepare.mjs

# The longest first; then two at once come to an end together.
if [ $# -eq 0 ]; then set -- types.test.mjs {nest,bundlers,node,package,browser}.test.mjs; fi
exec node --test --test-concurrency=2 --test-timeout=300000 --test-reporter=spec "$@"
