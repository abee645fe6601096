/** Turns in memory: the core's, book by book, whatever becomes of the module. */
import fc from "fast-check";
import { expect, test } from "vitest";

import { bindings, call } from "../../src/kernel/kernel.ts";
import {
  IN_MEMORY_KEY_LIMIT,
  InMemoryRoundRobinContextProvider,
} from "../../src/provider/memory.ts";
import type { TakenTurn, TurnRequest } from "../../src/provider/provider.ts";
import type { Rotation } from "../../src/types.ts";

const NOW = Date.parse("2026-11-23T09:00:00Z");

function asked(ids: string[], more: Partial<TurnRequest> = {}): TurnRequest {
  const candidates = ids.map((agentId) => ({ agentId, weight: 1 }));
  return { contextKey: "sales", rotation: "least_recent", candidates, now: NOW, ...more };
}

async function picks(provider: InMemoryRoundRobinContextProvider, request: TurnRequest, n: number) {
  const picked: string[] = [];
  for (let i = 0; i < n; i += 1) {
    const { index } = await provider.takeTurn(request);
    picked.push(request.candidates[index]!.agentId);
  }
  return picked.join("");
}

test("whoever was served longest ago is next, whoever else comes and goes", async () => {
  const provider = new InMemoryRoundRobinContextProvider();
  expect(await picks(provider, asked(["a", "b", "c"]), 2)).toBe("ab");
  expect(await picks(provider, asked(["a", "b"]), 1)).toBe("a");
  expect(await picks(provider, asked(["a", "b", "c"]), 3)).toBe("cba");
});

test("shares are as the weights are", async () => {
  const provider = new InMemoryRoundRobinContextProvider();
  const candidates = [
    { agentId: "a", weight: 3 },
    { agentId: "b", weight: 1 },
  ];
  const picked = await picks(provider, asked([], { rotation: "proportional", candidates }), 400);
  expect(picked.replaceAll("b", "")).toHaveLength(300);
});

test("what is kept between turns is the core's book, to the letter", async () => {
  const rotation = fc.constantFrom<Rotation>("counter", "least_recent", "proportional");
  const step = fc.record({
    candidates: fc.uniqueArray(
      fc.record({
        agentId: fc.constantFrom(..."abcdef"),
        weight: fc.integer({ min: 1, max: 1000 }),
      }),
      { minLength: 1, selector: ({ agentId }) => agentId },
    ),
    later: fc.integer({ min: -1_000, max: 200_000_000 }),
    givesBack: fc.boolean(),
  });
  const steps = fc.array(step, { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(rotation, steps, async (rotation, steps) => {
      const provider = new InMemoryRoundRobinContextProvider();
      // Never written and read again, as the native provider keeps its own.
      const book = new (bindings().TurnBook)(rotation);
      let now = NOW;
      for (const { candidates, later, givesBack } of steps) {
        now += later;
        const request = { contextKey: "sales", rotation, candidates, now };
        const text = JSON.stringify(candidates);
        const turn = await provider.takeTurn(request);
        const [index, became, was] = book.take(text, now)!;
        expect(turn).toEqual({ index: Number(index), stamps: [became, was] });
        if (!givesBack) continue;
        await provider.giveBack(request, turn);
        book.giveBack(text, Number(index), became!, was!);
      }
      book.free();
    }),
    { numRuns: 200 },
  );
});

test("a turn that is given back is taken again", async () => {
  const provider = new InMemoryRoundRobinContextProvider();
  const request = asked(["a", "b", "c"]);
  const turn = await provider.takeTurn(request);
  await provider.giveBack(request, turn);
  expect(await picks(provider, request, 4)).toBe("abca");
});

test("keys and rotations keep books of their own", async () => {
  const provider = new InMemoryRoundRobinContextProvider();
  expect(await picks(provider, asked(["a", "b"]), 1)).toBe("a");
  expect(await picks(provider, asked(["a", "b"], { contextKey: "support" }), 1)).toBe("a");
  expect(await picks(provider, asked(["a", "b"], { rotation: "proportional" }), 1)).toBe("a");
  expect(await picks(provider, asked(["a", "b"]), 1)).toBe("b");
});

test("a module that is started afresh loses no book", async () => {
  const provider = new InMemoryRoundRobinContextProvider();
  await provider.takeTurn(asked(["a", "b"]));
  const before = bindings();
  expect(() =>
    call(() => {
      throw new WebAssembly.RuntimeError("unreachable");
    }),
  ).toThrow(expect.objectContaining({ code: "engine_trapped" }));
  expect(bindings()).not.toBe(before);
  expect(await picks(provider, asked(["a", "b"]), 1)).toBe("b");
});

test("a tenth as many books as counters are kept", async () => {
  const provider = new InMemoryRoundRobinContextProvider();
  const request = (contextKey: string) => asked(["a", "b"], { contextKey });
  await provider.takeTurn(request("first"));
  const others = IN_MEMORY_KEY_LIMIT / 10;
  for (let n = 0; n < others; n += 1) await provider.takeTurn(request(`key-${n}`));
  expect(await picks(provider, request(`key-${others - 1}`), 1), "kept").toBe("b");
  expect(await picks(provider, request("first"), 1), "dropped: a legal restart").toBe("a");
});

test.each([
  ["nobody", asked([]), "other"],
  ["a weight of 0", asked([], { candidates: [{ agentId: "a", weight: 0 }] }), "invalid_value"],
  [
    "a weight above 1000",
    asked([], { candidates: [{ agentId: "a", weight: 1001 }] }),
    "invalid_value",
  ],
  ["no candidates", asked([], { candidates: undefined as never }), "wrong_type"],
  ["no such rotation", asked(["a"], { rotation: "__proto__" as never }), "invalid_value"],
  ["no instant", asked(["a"], { now: NaN }), "invalid_value"],
])("%s is refused, and the book stays as it was", async (_, request, code) => {
  const provider = new InMemoryRoundRobinContextProvider();
  await provider.takeTurn(asked(["a", "b"]));
  await expect(provider.takeTurn(request)).rejects.toMatchObject({ code });
  expect(await picks(provider, asked(["a", "b"]), 1)).toBe("b");
});

test("a turn that never was can be given back, and moves nothing out of place", async () => {
  const provider = new InMemoryRoundRobinContextProvider();
  const request = asked(["a", "b"]);
  await provider.takeTurn(request);
  const made: TakenTurn = { index: 7, stamps: [9n, 0n] };
  await provider.giveBack(request, made);
  expect(await picks(provider, request, 2)).toBe("ba");
});

test("a book that has grown too large to be read again begins anew, and blocks no turn", async () => {
  const provider = new InMemoryRoundRobinContextProvider();
  const roster = (letter: string): TurnRequest =>
    asked(Array.from({ length: 10_000 }, (_, n) => `${letter}${n}-${"\u{1f642}".repeat(28)}`));
  for (const letter of ["a", "b", "c", "d", "a"]) {
    await expect(provider.takeTurn(roster(letter))).resolves.toMatchObject({
      index: expect.any(Number),
    });
  }
});
