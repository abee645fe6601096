#!/usr/bin/env bash
# Makes the target wasm32-unknown-unknown usable; scripts/wasm-env.sh then selects it. Does
# nothing when it is usable already.
set -euo pipefail
cd "$(dirname "$0")/.."

usable() { (. scripts/wasm-env.sh); }

if usable; then exit 0; fi

if ! command -v rustup >/dev/null; then
  echo "missing: rustup, or a Rust that has the target wasm32-unknown-unknown" >&2
  exit 1
fi

# 1. The usual way. Where rustup cannot download it may also hang, hence the limit.
echo "wasm32-unknown-unknown: rustup target add"
if RUST_BACKTRACE=0 timeout 180 rustup target add wasm32-unknown-unknown && usable; then exit 0; fi

# 2. Debian packages Rust with its sources but without this target: its standard library is
# compiled once and put where that compiler looks for it.
echo "wasm32-unknown-unknown: not from rustup, so from Debian's Rust (about 2 minutes)"
# --update: with old lists an older Rust is offered than this workspace needs.
scripts/apt-install.sh --update rustc-web cargo-web rust-web-src

library=/usr/lib/rustlib/wasm32-unknown-unknown/lib
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
mkdir "$build/src"
: >"$build/src/lib.rs"
printf '[package]\nname = "empty"\nedition = "2021"\n[workspace]\n' >"$build/Cargo.toml"
echo "wasm32-unknown-unknown: compiling the standard library"
# RUSTC_BOOTSTRAP: build-std is unstable; it is needed for this one build only. Compiler, folder
# and flags are all given, so that nothing of the caller's (rustup, say) gets in.
(
  cd "$build"
  env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS -u CARGO_BUILD_TARGET -u RUSTC_WRAPPER \
    RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$build/target" \
    /usr/bin/cargo build --quiet --release --target wasm32-unknown-unknown \
    -Zbuild-std=std,panic_abort,proc_macro,test
)
built=$build/target/wasm32-unknown-unknown/release/deps
rm -f "$built"/libempty-*

as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
"${as_root[@]}" mkdir -p "$library"
# Two versions of one library side by side are an error: one of an earlier compiler has to go.
"${as_root[@]}" rm -f "$library"/*.rlib
"${as_root[@]}" cp "$built"/*.rlib "$library/"

rustup toolchain link debian-wasm /usr
if ! usable; then
  echo "the target wasm32-unknown-unknown is still not usable" >&2
  exit 1
fi
echo "wasm32-unknown-unknown: ready"
