// Prints what the last `cargo bench -p assignment-engine-core` measured as a table, and holds it
// against what was promised. Medians of one run on one machine: the ratios say more than the
// nanoseconds.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(process.env.CARGO_TARGET_DIR ?? "target", "criterion");
const SIZES = [5, 50, 500, 5000];
const STRATEGIES = ["round_robin", "least_active", "least_assigned", "hybrid"];
const KINDS = [
  ["decide", "decision"],
  ["decide_and_update", "decision and two updates of counts"],
  ["decide_with_trace", "decision with a trace"],
];

/** Nanoseconds, or undefined where that size is not measured. */
function median(kind, strategy, size) {
  const folder = `${kind}_${strategy}`;
  try {
    const text = readFileSync(join(root, folder, String(size), "new", "estimates.json"), "utf8");
    return JSON.parse(text).median.point_estimate;
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

const shown = (ns) => (ns === undefined ? "" : `${Math.round(ns)}`).padStart(9);
const broken = [];
console.log("\nNanoseconds, schedule checked, on a resident roster of N agents\n");
for (const [kind, title] of KINDS) {
  console.log(`${title.padEnd(36)}${SIZES.map((n) => `N=${n}`.padStart(9)).join("")}   5000/50`);
  for (const strategy of STRATEGIES) {
    const row = SIZES.map((size) => median(kind, strategy, size));
    const ratio = row[3] / row[1];
    const last = Number.isNaN(ratio) ? "" : ratio.toFixed(2).padStart(10);
    console.log(`  ${strategy.padEnd(34)}${row.map(shown).join("")}${last}`);
    if (kind !== "decide_with_trace" && row.includes(undefined)) {
      broken.push(`${kind}/${strategy} was not measured`);
    }
    if (kind === "decide" && row[1] > 250) {
      broken.push(`${kind}/${strategy} at N=50: ${Math.round(row[1])} ns, promised 250`);
    }
    if (kind !== "decide_with_trace" && ratio > 2) {
      broken.push(`${kind}/${strategy}: N=5000 costs ${ratio.toFixed(2)} times N=50, promised 2`);
    }
  }
}
console.log(
  broken.length === 0
    ? "\nAs promised: at most 250 ns at N=50, and at most twice that of N=50 at N=5000."
    : `\nNot as promised (a busy machine can do that; run it again):\n  ${broken.join("\n  ")}`,
);
