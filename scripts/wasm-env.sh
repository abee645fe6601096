# shellcheck shell=bash
# To be sourced: makes `cargo` and `rustc` build for wasm32-unknown-unknown, whichever way
# scripts/setup-wasm.sh took. Fails, and changes nothing, when neither works (yet). It may set:
#   RUSTUP_TOOLCHAIN                               Debian's Rust, by its name among rustup's
#   CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER     Debian's Rust comes without one

# Compiles and links for real: a target can be listed while its library or linker is missing.
#   wasm_usable TOOLCHAIN LINKER   (empty: what rustup and rustc choose)
wasm_usable() (
  if [ -n "$1" ]; then export RUSTUP_TOOLCHAIN=$1; fi
  # A folder, not /dev/null: a linker run by root may replace that by a file.
  out=$(mktemp -d)
  trap 'rm -rf "$out"' EXIT
  printf 'pub fn f() -> String { String::new() }' |
    rustc --target wasm32-unknown-unknown --crate-type cdylib --crate-name probe \
      ${2:+-C linker="$2"} --out-dir "$out" - >/dev/null 2>&1
)

wasm_select() {
  if wasm_usable "${RUSTUP_TOOLCHAIN-}" "${CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER-}"; then
    return 0
  fi
  # Every toolchain of rustup brings the linker, with or without the target.
  local linker
  for linker in "${RUSTUP_HOME:-$HOME/.rustup}"/toolchains/*/lib/rustlib/*/bin/rust-lld; do
    # As a toolchain of rustup one variable selects it for every tool that calls `cargo`, and the
    # rest of PATH (an own `node`, say) stays as it was.
    if wasm_usable debian-wasm "$linker"; then
      export RUSTUP_TOOLCHAIN=debian-wasm CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$linker
      return 0
    fi
  done
  return 1
}

wasm_select
