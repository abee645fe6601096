import { BASE64 } from "./generated/bytes.mjs";
import { decoded, loadFrom } from "./kernel.ts";

/** The module's bytes stand in the code, so nothing has to be fetched or found on a disk. */
loadFrom(() => new WebAssembly.Module(decoded(BASE64)));

// With an export it is an ES module for sure: esbuild wraps what may be CommonJS, and all that it
// imports, into functions, and V8 reads what is in functions twice.
export {};
