/** Who has counted a turn, as a decision's trace shows it. */
import type { CountedTurn, RoundRobinContextProvider } from "../provider/provider.ts";
import type { Decision } from "../types.ts";
import type { Host } from "./host.ts";
import { isObject, read } from "./wire.ts";

/** A turn with who counted it, if the provider has that to say. */
export async function nextCounted(
  provider: RoundRobinContextProvider,
  contextKey: string,
  candidateCount: number,
): Promise<CountedTurn> {
  return typeof provider.nextCounted === "function"
    ? provider.nextCounted(contextKey, candidateCount)
    : { index: await provider.getNextIndex(contextKey, candidateCount) };
}

/** Asks a host for its turns in one run, and keeps what is to be told of them. */
export class TracedTurns implements Pick<Host, "getNextIndex"> {
  readonly #host: Host;
  #storeError: string | undefined;

  constructor(host: Host) {
    this.#host = host;
  }

  async getNextIndex(contextKey: string, candidateCount: number): Promise<number> {
    const turn: unknown = await this.#host.nextCounted!(contextKey, candidateCount);
    if (!isObject(turn)) return turn as number;
    const { index, fromMemory } = turn as unknown as CountedTurn;
    // A code of ours: what else a host makes up goes into no trace.
    if (typeof fromMemory === "string" && CODE.test(fromMemory)) this.#storeError = fromMemory;
    return index;
  }

  /** The decision, whose trace says it if the turn was not one of the shared rotation. */
  marked(decision: Decision): Decision {
    const storeError = this.#storeError;
    for (const { rule, values } of storeError === undefined ? [] : (decision.trace?.rules ?? [])) {
      if (rule === "selector") Object.assign(values, { store: "memory", storeError });
    }
    return decision;
  }
}

/** The method of a source that has it, as a host's. */
export function nextCountedOf(source: unknown): Pick<Host, "nextCounted"> {
  if (!isObject(source) || typeof read(source, "nextCounted") !== "function") return {};
  const provider = source as Required<Pick<Host, "nextCounted">>;
  return { nextCounted: (contextKey, count) => provider.nextCounted(contextKey, count) };
}

/** The turns of a host for a decision with a trace; undefined where it has no more than indexes. */
export function tracedTurns(host: Host, trace: boolean): TracedTurns | undefined {
  return trace && typeof read(host, "nextCounted") === "function"
    ? new TracedTurns(host)
    : undefined;
}

const CODE = /^[a-z_]{1,40}$/;
