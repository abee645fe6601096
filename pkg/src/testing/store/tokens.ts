import { AT, rejects, same, type Tenant } from "./fixture.ts";
import { verdict } from "./claims.ts";

const NOTHING = { context: {}, at: AT };
const LATER = { context: {}, at: new Date(AT.getTime() + 60_000) };

/** Fencing: who has been overtaken comes too late, however late that is. */
export const TOKEN_RULES: Record<string, (tenant: Tenant) => Promise<void>> = {
  "a claim that is repeated under its token is answered as before, and changes nothing": async (
    tenant,
  ) => {
    const agent = await tenant.agent();
    const session = await tenant.session();
    const expected = { token: 7n, maxLoad: 1 };
    const claim = () => tenant.store.claim(session, agent, expected, NOTHING);
    same(verdict(await claim()), "claimed", "the first");
    const before = await tenant.store.session(session);
    same(await claim(), { kind: "claimed", session: before }, "the second");
    const later = await tenant.store.claim(session, agent, expected, LATER);
    same(later, { kind: "claimed", session: before }, "the third");
    same(await tenant.store.session(session), before, "the session");
    // Its agent's name stays with it.
    await tenant.session({ id: session, status: "resolved", assignedAgentId: agent });
    same(verdict(await claim()), "stale_token", "once it is over");
  },

  "a token that is not higher than one before is stale, even if the session is free": async (
    tenant,
  ) => {
    const [anna, ben] = (await tenant.agents(2)) as [string, string];
    const id = await tenant.session();
    const claim = async (agent: string, token: bigint | undefined, owner?: string) =>
      verdict(await tenant.store.claim(id, agent, { token, owner }, NOTHING));
    same(await claim(anna, 7n), "claimed", "7");
    same(await claim(ben, 7n), "stale_token", "the same of another agent");
    same(await claim(ben, 6n), "stale_token", "a lower one");
    same(await claim(ben, 8n), "session_taken", "a higher one, but it is taken");
    same(await claim(ben, 7n, anna), "stale_token", "a transfer under the same");
    await tenant.session({ id });
    same(await claim(ben, 6n), "stale_token", "a lower one, though it is free again");
    same(await claim(anna, 7n), "stale_token", "the same, though it is free again");
    same(await claim(ben, 9n), "claimed", "a higher one");
    same(await claim(anna, 7n), "stale_token", "whoever was first, much later");
    same(await claim(anna, 10n, ben), "claimed", "a transfer under a higher one");
    same(await claim(ben, 9n), "stale_token", "who has it no more");
  },

  "a refused claim leaves its token unused, and a claim without one asks for none": async (
    tenant,
  ) => {
    const [anna, ben] = (await tenant.agents(2)) as [string, string];
    const busy = await tenant.session({ status: "assigned", assignedAgentId: ben });
    const id = await tenant.session();
    const claim = async (agent: string, token: bigint | undefined, maxLoad?: number) =>
      verdict(await tenant.store.claim(id, agent, { token, maxLoad }, NOTHING));
    same(await claim(ben, 9n, 1), "agent_at_limit", "refused");
    same(await claim(anna, 5n), "claimed", "a lower one, for the other was refused");
    await tenant.session({ id });
    same(await claim(anna, undefined), "claimed", "without one");
    same(
      verdict(await tenant.store.claim(busy, anna, { token: 1n }, NOTHING)),
      "session_taken",
      "",
    );
  },

  "tokens are compared exactly, whatever their size": async (tenant) => {
    const [anna, ben] = (await tenant.agents(2)) as [string, string];
    for (const token of [0n, 2n ** 53n, 2n ** 63n - 2n]) {
      const id = await tenant.session();
      const claim = async (agent: string, token: bigint) =>
        verdict(await tenant.store.claim(id, agent, { token }, NOTHING));
      same(await claim(anna, token), "claimed", `${token}`);
      await tenant.session({ id });
      same(await claim(ben, token), "stale_token", `${token} again`);
      same(await claim(ben, token + 1n), "claimed", `${token} plus one`);
    }
    const id = await tenant.session();
    for (const token of [-1n, 2n ** 63n]) {
      const claim = tenant.store.claim(id, anna, { token }, NOTHING);
      await rejects(claim, "invalid_value", `${token}`);
    }
    const number = tenant.store.claim(id, anna, { token: 7 as unknown as bigint }, NOTHING);
    await rejects(number, "wrong_type", "a number");
  },

  "of many claims under tokens one succeeds, and the others are refused": async (tenant) => {
    const agents = await tenant.agents(4);
    const session = await tenant.session();
    const claims = await Promise.all(
      Array.from({ length: 24 }, (_, at) =>
        tenant.storeAt(at).claim(session, agents[at % 4]!, { token: BigInt(at) }, NOTHING),
      ),
    );
    same(claims.filter(({ kind }) => kind === "claimed").length, 1, "claimed");
  },
};
