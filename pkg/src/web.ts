/**
 * For pages that would rather load the module by itself than inside their code: `await init()`
 * first, and the rest is as in `assignment-engine`.
 */
import { AssignmentEngineError } from "./errors.ts";
import { isLoaded, loadFrom } from "./kernel/kernel.ts";

export * from "./public.ts";

/** Where the module can come from. */
export type ModuleSource =
  string | URL | Request | Response | PromiseLike<Response> | BufferSource | WebAssembly.Module;

let loading: Promise<void> | undefined;

/**
 * Loads the module: from its address, compiled while it streams in, or from what you have of it
 * already. Unless said it lies beside this file, as `engine_bg.wasm`. Once is enough; a second call
 * waits for the first. One that failed can be tried again.
 */
export function init(source?: ModuleSource): Promise<void> {
  loading ??= load(source).catch((cause: unknown) => {
    loading = undefined;
    throw new AssignmentEngineError("not_loaded", "the module could not be loaded", {
      hint: "give init() the address of engine_bg.wasm",
      cause,
    });
  });
  return loading;
}

async function load(source: ModuleSource | undefined): Promise<void> {
  if (isLoaded()) return;
  const module = await compiled(source ?? new URL("engine_bg.wasm", import.meta.url));
  loadFrom(() => module);
}

async function compiled(source: ModuleSource): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source;
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) {
    return WebAssembly.compile(source);
  }
  const fetched =
    typeof source === "string" || source instanceof URL || isRequest(source)
      ? fetch(source)
      : source;
  const response = await fetched;
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  // Streaming needs the right type of content, which not every server sends.
  const type = response.headers.get("Content-Type") ?? "";
  return type.startsWith("application/wasm")
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
}

function isRequest(source: object): source is Request {
  return typeof Request === "function" && source instanceof Request;
}
