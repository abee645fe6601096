// Are the things that `import` gives the very same that `require` gives?
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
/** Two copies of a function do no harm; two classes do, and so do two values. */
const isFunction = (value) => typeof value === "function" && !/^class\b/.test(String(value));
const shown = {};
for (const name of ["", "/redis", "/typeorm", "/testing"]) {
  const entry = `assignment-engine${name}`;
  const imported = await import(entry);
  const required = require(entry);
  const names = Object.keys(imported).sort();
  shown[entry] = {
    names,
    required: Object.keys(required).sort(),
    different: names.filter(
      (name) => imported[name] !== required[name] && !isFunction(imported[name]),
    ),
  };
}

const { AssignmentEngineError, Roster } = await import("assignment-engine");
try {
  new (require("assignment-engine").Roster)({ tenantId: "acme", agents: [{ id: 7 }] });
} catch (error) {
  shown.error = { instance: error instanceof AssignmentEngineError, path: error.path };
}
const roster = new (require("assignment-engine").Roster)({ tenantId: "acme" });
shown.roster = roster instanceof Roster;
console.log(JSON.stringify(shown));
