// Bundles one source with one bundler:  node build.mjs BUNDLER SOURCE OUT KIND [EXTERNAL…]
// KIND is `node-cjs`, `node-esm` or `browser`. Prints what the bundler warned of, as JSON.
import { resolve } from "node:path";

const [bundler, source, out, kind, ...external] = process.argv.slice(2);
const entry = resolve(source);
const file = resolve(out);
const warnings = await { webpack, esbuild, rollup }[bundler]();
console.log(JSON.stringify(warnings));

async function webpack() {
  const { default: compile } = await import("webpack");
  const { promise, resolve: done, reject } = withResolvers();
  compile(
    {
      mode: "production",
      target: kind === "browser" ? "web" : "node20",
      entry,
      output: { path: resolve(file, ".."), filename: file.split("/").at(-1) },
      externals: Object.fromEntries(external.map((name) => [name, `commonjs ${name}`])),
      optimization: { minimize: false },
      performance: false,
    },
    (error, stats) => (error ? reject(error) : done(stats)),
  );
  const { errors, warnings } = (await promise).toJson({ all: false, errors: true, warnings: true });
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join("\n"));
  return warnings.map(({ message }) => message);
}

async function esbuild() {
  const { build } = await import("esbuild");
  const { warnings } = await build({
    entryPoints: [entry],
    outfile: file,
    bundle: true,
    minify: kind === "browser",
    platform: kind === "browser" ? "browser" : "node",
    format: { "node-cjs": "cjs", "node-esm": "esm", browser: "iife" }[kind],
    target: kind === "browser" ? "es2022" : "node20",
    external,
    logLevel: "silent",
  });
  return warnings.map(({ text }) => text);
}

async function rollup() {
  const { rollup } = await import("rollup");
  const { default: commonjs } = await import("@rollup/plugin-commonjs");
  const { nodeResolve } = await import("@rollup/plugin-node-resolve");
  const warnings = [];
  const browser = kind === "browser";
  const bundle = await rollup({
    input: entry,
    external,
    plugins: [
      nodeResolve({ browser, preferBuiltins: !browser, exportConditions: browser ? [] : ["node"] }),
      commonjs(),
    ],
    onwarn: ({ message }) => warnings.push(message),
  });
  const format = { "node-cjs": "cjs", "node-esm": "es", browser: "iife" }[kind];
  await bundle.write({ file, format, inlineDynamicImports: true });
  return warnings;
}

function withResolvers() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}
