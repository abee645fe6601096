#!/usr/bin/env bash
# Counts the instructions of a decision under valgrind and holds them against
# engine-core/benches/instructions.json:  scripts/count-instructions.sh [--record]
#
# Time differs from machine to machine and from run to run, instructions hardly do. Each thing is
# done so many times and then more times; what that adds, over the number of times it adds, is the
# price of one, without what is done once.
set -euo pipefail
cd "$(dirname "$0")/.."

case "${*:-}" in
  "" | --record) ;;
  *)
    echo "usage: scripts/count-instructions.sh [--record]" >&2
    exit 2
    ;;
esac
command -v valgrind >/dev/null || {
  echo "missing: valgrind. Run scripts/setup-test.sh" >&2
  exit 1
}

target_dir=${CARGO_TARGET_DIR:-target}
# RUSTFLAGS of the caller are for his own machine; so are his profiles.
env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS cargo build --quiet --locked --release \
  -p assignment-engine-core --example instructions
program=$target_dir/release/examples/instructions
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Instructions that the program executes: `collected WHAT TIMES`.
collected() {
  if ! valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" 2>"$log"; then
    cat "$log" >&2
    return 1
  fi
  sed -n 's/^.*Collected *: *\([0-9]*\).*$/\1/p' "$log"
}

# What one costs: `price WHAT FEW MANY`.
price() {
  local few many
  few=$(collected "$1" "$2")
  many=$(collected "$1" "$3")
  printf '%s %s\n' "$1" $(((many - few) / ($3 - $2)))
}

counted=
for strategy in round_robin least_active least_assigned hybrid; do
  counted+=$(price "decide/$strategy" 1000 3000)$'\n'
done
counted+=$(price decide_with_trace/round_robin 200 600)$'\n'
for strategy in round_robin least_active least_assigned hybrid; do
  counted+=$(price "batch/$strategy" 5000 15000)$'\n'
done
printf '%s' "$counted" | node scripts/compare-instructions.mjs "$(rustc --version)" "$@"
