/**
 * The instance of the WebAssembly module that calls go to. The generated bindings are seen by
 * nobody but the files of this folder and those that keep something in the module's memory.
 */
import { AssignmentEngineError } from "../errors.ts";
import { createGlue } from "./generated/glue.mjs";

/** @internal */
export type Bindings = ReturnType<typeof createGlue>;

let source: (() => WebAssembly.Module) | undefined;
let compiled: WebAssembly.Module | undefined;
let instance: Bindings | undefined;
let instances = 0;

/** @internal Says where the module comes from; it is compiled at the first call that needs it. */
export function loadFrom(compile: () => WebAssembly.Module): void {
  source ??= compile;
}

/** @internal The module's bytes, out of the text of them. */
export function decoded(base64: string): Uint8Array<ArrayBuffer> {
  if (typeof Buffer === "function") return new Uint8Array(Buffer.from(base64, "base64"));
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

/** @internal Is there a module to work with? */
export function isLoaded(): boolean {
  return source !== undefined;
}

/** @internal The bindings of the present instance. */
export function bindings(): Bindings {
  return instance ?? instantiate();
}

/**
 * @internal
 * A number that changes when the instance does. What was kept in the memory of an earlier one is
 * lost and has to be built again.
 */
export function generation(): number {
  if (instance === undefined) instantiate();
  return instances;
}

function instantiate(): Bindings {
  if (source === undefined) {
    throw new AssignmentEngineError("not_loaded", "the engine is not loaded", {
      hint: "await init() first",
    });
  }
  compiled ??= source();
  const fresh = createGlue();
  fresh.initSync({ module: compiled });
  instance = fresh;
  instances += 1;
  return fresh;
}

/**
 * @internal
 * What a call into the module threw, as an error of this package. Anything but a refusal means
 * that the instance is broken: it is dropped, and the next call gets a fresh one.
 */
export function translated(thrown: unknown): AssignmentEngineError {
  if (AssignmentEngineError.is(thrown)) return thrown;
  const { name, code, message, path, hint } = (thrown ?? {}) as Record<string, string | undefined>;
  if (name === "AssignmentEngineError" && code !== undefined) {
    return new AssignmentEngineError(code, message ?? code, { path, hint });
  }
  instance?.retire();
  instance = undefined;
  return new AssignmentEngineError("engine_trapped", "the engine failed and was started afresh", {
    hint: "try again; please report how it came about",
    cause: thrown,
  });
}

/** @internal Calls into the module. */
export function call<T>(work: (bindings: Bindings) => T): T {
  try {
    return work(bindings());
  } catch (thrown) {
    throw translated(thrown);
  }
}
