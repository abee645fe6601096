/** The turns that a run takes in rotations other than the counter. */
import { AssignmentEngineError } from "../errors.ts";
import type { TakenTurn, TurnRequest } from "../provider/provider.ts";
import type { MaybePromise, Need } from "../types.ts";
import { type Host, isIndex, settled } from "./host.ts";
import { isObject, read } from "./wire.ts";

type TurnNeed = Extract<Need, { kind: "turn" }>;
type TurnTaker = Pick<Host, "takeTurn" | "giveBack">;

/** Asks a host for turns in one run, and keeps the last until it is known what comes of it. */
export class Taken {
  readonly #host: TurnTaker;
  readonly #now: number;
  #giveBack: (() => MaybePromise<void>) | undefined;

  constructor(host: TurnTaker, now: number) {
    this.#host = host;
    this.#now = now;
  }

  /** Whose turn it is; it is kept if the host's answer can be given back. */
  async take(need: TurnNeed): Promise<TakenTurn> {
    const { contextKey, rotation, candidates } = need;
    // Whose turn it was can no longer take it.
    await this.giveBack();
    const host = this.#host;
    if (typeof read(host, "takeTurn") !== "function") throw noRotation(rotation);
    const request: TurnRequest = { contextKey, rotation, candidates, now: this.#now };
    const turn: unknown = await host.takeTurn!(request);
    if (!isObject(turn)) return turn as TakenTurn;
    // Read once: what a getter says the next time is of no interest.
    const { index, stamps, fromMemory } = turn as unknown as TakenTurn;
    const told: TakenTurn =
      fromMemory === undefined ? { index, stamps } : { index, stamps, fromMemory };
    // An answer that is none is not kept: there is nothing to give back.
    if (isIndex(index, candidates.length)) this.#giveBack = () => giveBack(host, request, told);
    return told;
  }

  /** Is there a turn that was not given back? */
  get isAny(): boolean {
    return this.#giveBack !== undefined;
  }

  /** Gives the turn back, if there is one. That this fails is harmless: the turn stays spent. */
  async giveBack(): Promise<void> {
    const back = this.#giveBack;
    this.#giveBack = undefined;
    await back?.();
  }
}

/** Gives a turn back where somebody takes it; never rejects. */
export async function giveBack(
  host: TurnTaker,
  request: TurnRequest,
  turn: TakenTurn,
): Promise<void> {
  try {
    if (typeof read(host, "giveBack") === "function") await settled(host.giveBack!(request, turn));
  } catch {
    // One agent is passed over once.
  }
}

/** The methods of a source that has them, as a host's. */
export function turnsOf(source: unknown): TurnTaker {
  if (!isObject(source) || typeof read(source, "takeTurn") !== "function") return {};
  const provider = source as Required<TurnTaker>;
  return {
    takeTurn: (request) => provider.takeTurn(request),
    giveBack: (request, turn) => giveBack(provider, request, turn),
  };
}

/** There is nobody for turns in this rotation. */
export function noRotation(rotation: string): AssignmentEngineError {
  return new AssignmentEngineError("unsupported", `there is no rotation \`${rotation}\` here`, {
    hint: "give a provider with the method `takeTurn`, or let the team rotate by `counter`",
  });
}

/** Places are reserved nowhere. */
export function noReservations(): AssignmentEngineError {
  const message = "the request wants a reservation, and there is nowhere to make one";
  return new AssignmentEngineError("unsupported", message);
}
