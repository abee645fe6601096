/**
 * For Node: the module's file is read where it lies beside this code. Only where it does not, as in
 * a bundle, are its bytes taken out of the code that has them as text, which takes longer to read
 * than all the rest together.
 */
import { moduleIn } from "./file.ts";
import { BUILD } from "./generated/build.mjs";
import { decoded, loadFrom } from "./kernel.ts";

/** Of CommonJS, as which this file is built; bundlers follow it. */
declare const require: (path: "./bytes.cjs") => { BASE64: string };
/** Not there in bundles of ES modules. */
declare const __dirname: string | undefined;

loadFrom(() => {
  const folder = typeof __dirname === "string" ? __dirname : undefined;
  const bytes = moduleIn(folder, BUILD) ?? decoded(require("./bytes.cjs").BASE64);
  return new WebAssembly.Module(bytes);
});

// With an export it is an ES module for sure: esbuild wraps what may be CommonJS, and all that it
// imports, into functions, and V8 reads what is in functions twice.
export {};
