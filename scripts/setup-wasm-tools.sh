#!/usr/bin/env bash
# Installs what makes the npm package of the WebAssembly target: wasm-bindgen, of the version that
# Cargo.lock names, wasm-pack, and the package's own tools from npm. Does nothing when all is there.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=$(sed -n '/^name = "wasm-bindgen"$/{n;s/version = "\(.*\)"/\1/p}' Cargo.lock)
if [ "$(wasm-bindgen --version 2>/dev/null)" != "wasm-bindgen $wanted" ]; then
  echo "wasm-bindgen $wanted: compiling (about 3 minutes)"
  # Without --locked, with which it does not build.
  cargo install --quiet wasm-bindgen-cli --version "=$wanted"
fi
if ! command -v wasm-pack >/dev/null; then
  echo "wasm-pack: compiling (about 3 minutes)"
  cargo install --quiet wasm-pack --version 0.15.1
fi

# A copy of the lock file says that all of it is installed.
if ! cmp -s pkg/package-lock.json pkg/node_modules/.installed-lock.json; then
  echo "npm packages"
  (cd pkg && npm ci --no-audit --no-fund --loglevel=error)
  cp pkg/package-lock.json pkg/node_modules/.installed-lock.json
fi
