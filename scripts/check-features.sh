#!/usr/bin/env bash
# Lints a package of the workspace without features and with each of its features alone; all of
# them together is what `make lint` does:  scripts/check-features.sh PACKAGE…
set -euo pipefail
cd "$(dirname "$0")/.."

for package in "$@"; do
  features=$(cargo metadata --no-deps --locked --format-version 1 | node -e '
    const { packages } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
    const found = packages.find(({ name }) => name === process.argv[1]);
    if (!found) throw new Error(`no package ${process.argv[1]}`);
    console.log(Object.keys(found.features).filter((name) => name !== "default").join("\n"));
  ' "$package")
  for feature in "" $features; do
    echo "   $package: ${feature:-no features}"
    # Clippy compiles, and shows code that only another feature uses.
    cargo clippy --quiet --locked --package "$package" --lib --bins \
      --no-default-features --features "$feature" -- -D warnings
  done
done
