// Asserts that a WebAssembly module imports nothing, exports what it should, and does its work
// in an empty world:  node scripts/wasm-imports.mjs MODULE.wasm EXPORT…
// Each named export is called without arguments and answers 1 when its work came out right.
import { readFile } from 'node:fs/promises';

const [path, ...names] = process.argv.slice(2);
if (path === undefined || names.length === 0) {
  console.error('usage: node scripts/wasm-imports.mjs MODULE.wasm EXPORT…');
  process.exit(2);
}

const bytes = await readFile(path);
const module = await WebAssembly.compile(bytes);
const problems = WebAssembly.Module.imports(module).map(
  (found) => `imports ${found.kind} \`${found.name}\` from \`${found.module}\``,
);

if (problems.length === 0) {
  const { exports } = await WebAssembly.instantiate(module, {});
  for (const name of names) {
    // Without this check a module whose code was dropped by the linker would pass.
    if (typeof exports[name] !== 'function') {
      problems.push(`exports no function \`${name}\``);
      continue;
    }
    try {
      const answer = exports[name]();
      if (answer !== 1) problems.push(`\`${name}\` answered ${answer} instead of 1`);
    } catch (error) {
      // A panic arrives here as a trap.
      problems.push(`\`${name}\` failed: ${error}`);
    }
  }
}

for (const problem of problems) console.error(`not pure: the module ${problem}`);
if (problems.length > 0) process.exit(1);
console.log(`pure: no imports, ${names.join(', ')} ran without any (${bytes.length} bytes)`);
