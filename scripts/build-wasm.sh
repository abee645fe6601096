#!/usr/bin/env bash
# Builds the WebAssembly module and its JavaScript for the npm package, into
# pkg/src/kernel/generated. Does nothing when nothing changed.
set -euo pipefail
cd "$(dirname "$0")/.."

. scripts/wasm-env.sh || {
  echo "the target wasm32-unknown-unknown is missing: run scripts/setup-wasm.sh" >&2
  exit 1
}

out=pkg/src/kernel/generated
target_dir=${CARGO_TARGET_DIR:-target}
# RUSTFLAGS of the caller are for his own machine. Paths of this one, which panics would name, are
# nobody's business, and without them the module is the same wherever it is built.
remap="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo --remap-path-prefix=$PWD=."
remap+=" --remap-path-prefix=$(rustc --print sysroot)=rust"
env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="$remap" \
  cargo build --quiet --locked --profile wasm --no-default-features \
  --package assignment-engine-wasm --target wasm32-unknown-unknown --target-dir "$target_dir"

module=$target_dir/wasm32-unknown-unknown/wasm/assignment_engine_wasm.wasm
stamp=$(cat "$module" scripts/build-wasm.sh pkg/scripts/glue.mjs pkg/package-lock.json | sha256sum)
if [ -f "$out/stamp" ] && [ "$(cat "$out/stamp")" = "$stamp" ]; then exit 0; fi

rm -rf "$out"
mkdir -p "$out"
wasm-bindgen --target web --out-dir "$out" --out-name engine "$module"
# The features are those that Node 20 and the browsers of 2023 know, as the module itself names
# them: --all-features would make one that they refuse.
pkg/node_modules/.bin/wasm-opt -O3 "$out/engine_bg.wasm" --output "$out/engine_bg.wasm"
node pkg/scripts/glue.mjs "$out"
echo "$stamp" >"$out/stamp"
