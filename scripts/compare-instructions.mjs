// Holds counted instructions (lines `what count` on standard input) against the recorded ones:
// node scripts/compare-instructions.mjs "$(rustc --version)" [--record]
import { readFileSync, writeFileSync } from "node:fs";

const FILE = "engine-core/benches/instructions.json";
/** How far a count may be from what was recorded: compilers and processors differ a little. */
const SLACK = 0.05;

const [compiler, option] = process.argv.slice(2);
const counted = new Map(
  readFileSync(0, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(" "))
    .map(([what, count]) => [what, Number(count)]),
);
for (const [what, count] of counted) {
  if (!Number.isInteger(count) || count <= 0) {
    console.error(`${what} was not counted`);
    process.exit(1);
  }
}

if (option === "--record") {
  const recorded = { compiler, instructions: Object.fromEntries(counted) };
  writeFileSync(FILE, `${JSON.stringify(recorded, null, 2)}\n`);
}
const recorded = JSON.parse(readFileSync(FILE, "utf8"));

const shown = (count) => (count === undefined ? "" : String(count)).padStart(10);
const slower = [];
const faster = [];
console.log(`${"instructions of one".padEnd(32)}  recorded       now`);
for (const what of new Set([...Object.keys(recorded.instructions), ...counted.keys()])) {
  const [before, now] = [recorded.instructions[what], counted.get(what)];
  if (before === undefined || now === undefined) {
    slower.push(`${what} is ${now === undefined ? "recorded and not counted" : "counted and not recorded"}`);
    console.log(`  ${what.padEnd(30)}${shown(before)}${shown(now)}`);
    continue;
  }
  const change = now / before - 1;
  const percent = `${change < 0 ? "" : "+"}${(change * 100).toFixed(1)} %`;
  console.log(`  ${what.padEnd(30)}${shown(before)}${shown(now)}${percent.padStart(10)}`);
  if (change > SLACK) slower.push(`${what} takes ${percent}`);
  if (change < -SLACK) faster.push(`${what} takes ${percent}`);
}

const record = "scripts/count-instructions.sh --record";
if (faster.length > 0) {
  console.log(`note: better than recorded (${faster.join(", ")}); keep it with ${record}`);
}
if (compiler !== recorded.compiler) {
  console.log(`note: recorded with ${recorded.compiler}, counted with ${compiler}`);
}
if (slower.length > 0) {
  console.error(`not as recorded, with ${SLACK * 100} % of slack:\n  ${slower.join("\n  ")}`);
  console.error(
    compiler === recorded.compiler
      ? `if that is the price of something worth it: ${record}`
      : `the compiler is another one, which may be all of it: if the commit before this one counts alike, ${record}`,
  );
  process.exit(1);
}
