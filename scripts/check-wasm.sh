#!/usr/bin/env bash
# Tests the WebAssembly bindings by themselves: their own tests in Node, and the package that
# `wasm-pack build` makes of them, used as somebody without our TypeScript would.
set -euo pipefail
cd "$(dirname "$0")/.."

. scripts/wasm-env.sh || {
  echo "the target wasm32-unknown-unknown is missing: run scripts/setup-wasm.sh" >&2
  exit 1
}
# wasm-pack looks for wasm-opt, and downloads one where it finds none.
export PATH=$PWD/pkg/node_modules/.bin:$PATH
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS

wasm-pack test --node --mode no-install wasm
out=${CARGO_TARGET_DIR:-$PWD/target}/wasm-pack
wasm-pack --quiet build wasm --target nodejs --mode no-install --out-dir "$out"
node wasm/tests/by_itself.mjs "$out"
