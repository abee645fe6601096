#!/usr/bin/env bash
# Proves that the core asks the world for nothing: a module around it, built for a target where
# every clock, random number or file would have to be imported, has no imports and still works.
set -euo pipefail
cd "$(dirname "$0")/.."

. scripts/wasm-env.sh || {
  echo "the target wasm32-unknown-unknown is missing: run scripts/setup-wasm.sh" >&2
  exit 1
}

target_dir=${CARGO_TARGET_DIR:-target}
# RUSTFLAGS of the caller are for his own machine.
env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS cargo build --quiet --locked --release \
  --manifest-path engine-core/purity/Cargo.toml \
  --target wasm32-unknown-unknown --target-dir "$target_dir"
node scripts/wasm-imports.mjs "$target_dir/wasm32-unknown-unknown/release/assignment_engine_purity.wasm" exercise
