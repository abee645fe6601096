import { BASE64 } from "./generated/bytes.mjs";
import { loadFrom } from "./kernel.ts";

/** The module's bytes stand in the code, so nothing has to be fetched or found on a disk. */
loadFrom(() => new WebAssembly.Module(decoded(BASE64)));

function decoded(base64: string): Uint8Array<ArrayBuffer> {
  if (typeof Buffer === "function") return new Uint8Array(Buffer.from(base64, "base64"));
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}
