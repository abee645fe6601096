#!/usr/bin/env bash
# Fuzzes the target `decide` for a while:  scripts/fuzz.sh [SECONDS]   (default 60)
# Does on a stable compiler, and without cargo-fuzz, what `cargo fuzz run --sanitizer none` does:
# the flags below are what makes libFuzzer see which code an input reached.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-60}
case $seconds in
'' | *[!0-9]*)
  echo "usage: scripts/fuzz.sh [SECONDS]" >&2
  exit 2
  ;;
esac

host=$(rustc -vV | sed -n 's/^host: //p')
target_dir=${CARGO_TARGET_DIR:-fuzz/target}
# No sanitizer: it needs a nightly compiler, and this workspace forbids unsafe code.
flags=(
  --cfg fuzzing
  -Cpasses=sancov-module
  -Cllvm-args=-sanitizer-coverage-level=4
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
  -Cllvm-args=-sanitizer-coverage-pc-table
  -Cllvm-args=-sanitizer-coverage-trace-compares
  -Cllvm-args=-simplifycfg-branch-fold-threshold=0
  # Not of cargo-fuzz. Comparisons of short texts stay calls, which libFuzzer watches to learn the
  # text; turned into arithmetic they are opaque, and it never guessed even a prefix of three bytes.
  -Cllvm-args=-max-loads-per-memcmp=0
)
# --target, though it is this machine: with it the flags reach neither build scripts nor macros.
env -u CARGO_ENCODED_RUSTFLAGS RUSTFLAGS="${flags[*]}" cargo build --quiet --locked --release \
  --manifest-path fuzz/Cargo.toml --bin decide --target "$host" --target-dir "$target_dir"

# libFuzzer writes what it finds into the first folder, which git ignores, and reads the others.
corpus=(fuzz/corpus/decide)
if [ -d fuzz/seeds/decide ]; then corpus+=(fuzz/seeds/decide); fi
artifacts=fuzz/artifacts/decide
log=$(mktemp)
trap 'rm -f "$log"' EXIT
mkdir -p fuzz/corpus/decide "$artifacts"

# An input that takes 10 s is a finding too (-timeout).
if "$target_dir/$host/release/decide" "${corpus[@]}" -artifact_prefix="$artifacts/" \
  -max_total_time="$seconds" -timeout=10 -print_final_stats=1 >"$log" 2>&1; then
  # The first and the last state of the run: `cov:` is how much code was reached. Without them
  # nothing was fuzzed, and that is a failure too.
  grep -E 'INITED' "$log"
  grep -E 'DONE' "$log"
else
  status=$?
  tail -n 60 "$log" >&2
  input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
  echo "fuzzing failed; the input: ${input:-none was written}" >&2
  exit "$status"
fi
