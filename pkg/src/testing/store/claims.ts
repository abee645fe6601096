import { claimMany, type Claim, type Expected } from "../../service/store.ts";
import { AT, looked, same, type Tenant } from "./fixture.ts";

const NOTHING = { context: {}, at: AT };
const LATER = { context: {}, at: new Date(AT.getTime() + 60_000) };

/** `claimed`, or why it was refused. */
export function verdict(claim: Claim): string {
  return claim.kind === "claimed" ? claim.kind : claim.refusal;
}

async function refusedWithout(
  tenant: Tenant,
  session: string,
  agent: string,
  expected: Expected,
  refusal: string,
): Promise<void> {
  const before = await tenant.store.session(session);
  same(verdict(await tenant.store.claim(session, agent, expected, LATER)), refusal, "the claim");
  same(await tenant.store.session(session), before, `the session after \`${refusal}\``);
}

/** What the last word is worth: one owner, and no agent above the limit. */
export const CLAIM_RULES: Record<string, (tenant: Tenant) => Promise<void>> = {
  "a claim gives the session to the agent, together with the changes": async (tenant) => {
    const agent = await tenant.agent();
    const [from, to] = [await tenant.team([agent]), await tenant.team([agent])];
    const session = await tenant.session({ assignedTeamId: from, context: { old: 1, both: 1 } });
    const changes = { teamId: to, context: { both: 2, new: [{ "a'b": null }] }, at: AT };
    const claim = await tenant.store.claim(session, agent, { teamId: from }, changes);
    const expected = {
      status: "assigned",
      owner: agent,
      team: to,
      context: { old: 1, both: 2, new: [{ "a'b": null }] },
      assignedAt: AT,
      acceptedAt: null,
      updatedAt: AT,
    };
    same(verdict(claim), "claimed", "the claim");
    if (claim.kind === "claimed") same(looked(claim.session), expected, "the answer");
    same(await tenant.look(session), expected, "the stored session");
  },

  "a claim without changes keeps team and context": async (tenant) => {
    const agent = await tenant.agent();
    const teamId = await tenant.team([agent]);
    for (const context of [null, { kept: true }]) {
      const session = await tenant.session({ assignedTeamId: teamId, context });
      await tenant.store.claim(session, agent, { teamId }, NOTHING);
      const found = await tenant.look(session);
      same([found?.team, found?.context], [teamId, context], "team and context");
    }
  },

  "a claim is refused for what does not hold, and then changes nothing": async (tenant) => {
    const [anna, ben] = (await tenant.agents(2)) as [string, string];
    const teamId = await tenant.team([anna, ben]);
    const nobody = tenant.newId();
    const taken = await tenant.session({ status: "assigned", assignedAgentId: ben });
    const over = await tenant.session({ status: "resolved", assignedAgentId: ben });
    const moved = await tenant.session({ assignedTeamId: teamId });
    const free = await tenant.session();
    await refusedWithout(tenant, tenant.newId(), anna, {}, "session_gone");
    await refusedWithout(tenant, taken, anna, {}, "session_taken");
    await refusedWithout(tenant, over, anna, {}, "session_taken");
    await refusedWithout(tenant, moved, anna, {}, "session_moved");
    await refusedWithout(tenant, free, anna, { teamId }, "session_moved");
    await refusedWithout(tenant, free, nobody, {}, "agent_gone");
    await refusedWithout(tenant, free, ben, { maxLoad: 1 }, "agent_at_limit");
    // Of several reasons the first.
    await refusedWithout(tenant, tenant.newId(), nobody, {}, "session_gone");
    await refusedWithout(tenant, taken, nobody, { teamId }, "session_taken");
    await refusedWithout(tenant, moved, nobody, { maxLoad: 1 }, "session_moved");
    same(verdict(await tenant.store.claim(free, anna, { maxLoad: 1 }, NOTHING)), "claimed", "free");
  },

  "the limit counts the sessions the agent has, in every team, and no others": async (tenant) => {
    const agent = await tenant.agent();
    const [one, two] = [await tenant.team([agent]), await tenant.team([agent])];
    const his = { status: "assigned", assignedAgentId: agent, assignedAt: AT } as const;
    await tenant.session({ ...his, assignedTeamId: one });
    await tenant.session({ ...his, assignedTeamId: two });
    await tenant.session({ ...his, status: "resolved", assignedTeamId: one });
    const session = await tenant.session({ assignedTeamId: one });
    const expected = (maxLoad: number) => ({ teamId: one, maxLoad });
    await refusedWithout(tenant, session, agent, expected(2), "agent_at_limit");
    const claim = await tenant.store.claim(session, agent, expected(3), NOTHING);
    same(verdict(claim), "claimed", "with room for one more");
  },

  "of many claims for one session one succeeds": async (tenant) => {
    const agents = await tenant.agents(6);
    const session = await tenant.session();
    const claims = await Promise.all(
      Array.from({ length: 30 }, (_, at) =>
        tenant.storeAt(at).claim(session, agents[at % agents.length]!, {}, NOTHING),
      ),
    );
    const verdicts = claims.map(verdict).sort();
    same(verdicts, ["claimed", ...Array(29).fill("session_taken")], "the claims");
    const owner = claims.flatMap((claim) =>
      claim.kind === "claimed" ? [claim.session.assignedAgentId] : [],
    );
    same((await tenant.look(session))?.owner, owner[0], "the owner");
  },

  "of many claims for one agent as many succeed as the limit allows": async (tenant) => {
    const agent = await tenant.agent();
    const team = await tenant.team([agent]);
    const sessions = await tenant.sessions(30);
    const claims = await Promise.all(
      sessions.map((session, at) =>
        tenant.storeAt(at).claim(session, agent, { maxLoad: 3 }, NOTHING),
      ),
    );
    same(claims.filter(({ kind }) => kind === "claimed").length, 3, "claimed");
    same(await tenant.loads(team), { [agent]: 3 }, "the agent's sessions");
  },

  "claims for the same agents and sessions in opposite orders all end": async (tenant) => {
    const agents = await tenant.agents(4);
    const team = await tenant.team(agents);
    const sessions = await tenant.sessions(8);
    const pairs = sessions.flatMap((session) => agents.map((agent) => [session, agent] as const));
    const both = [...pairs, ...[...pairs].reverse()];
    const claims = await Promise.all(
      both.map(([session, agent], at) =>
        tenant.storeAt(at).claim(session, agent, { maxLoad: 2 }, NOTHING),
      ),
    );
    const loads = await tenant.loads(team);
    const given = Object.values(loads).reduce((sum, load) => sum + load, 0);
    same(claims.filter(({ kind }) => kind === "claimed").length, given, "claimed");
    same(Math.max(...Object.values(loads)) <= 2, true, `no load above 2: ${JSON.stringify(loads)}`);
  },

  "many claims have the answers they have one by one": async (tenant) => {
    const agent = await tenant.agent();
    const sessions = await tenant.sessions(4);
    const claims = await claimMany(
      tenant.store,
      [...sessions, sessions[0]!, tenant.newId()].map((sessionId) => ({
        sessionId,
        agentId: agent,
        expected: { maxLoad: 3 },
        changes: NOTHING,
      })),
    );
    same(
      claims.map(verdict),
      ["claimed", "claimed", "claimed", "agent_at_limit", "session_taken", "session_gone"],
      "the claims",
    );
    same(await claimMany(tenant.store, []), [], "no claims");
  },
};

/** From one agent to another. */
export const TRANSFER_RULES: Record<string, (tenant: Tenant) => Promise<void>> = {
  "a transfer gives the session to the other agent, who has not accepted it yet": async (
    tenant,
  ) => {
    const [anna, ben] = (await tenant.agents(2)) as [string, string];
    const teamId = await tenant.team([anna, ben]);
    const session = await tenant.session({
      status: "assigned",
      assignedAgentId: anna,
      assignedTeamId: teamId,
      assignedAt: AT,
      acceptedAt: AT,
      context: { kept: true },
    });
    const claim = await tenant.store.claim(session, ben, { teamId, owner: anna }, LATER);
    const expected = {
      status: "assigned",
      owner: ben,
      team: teamId,
      context: { kept: true },
      assignedAt: LATER.at,
      acceptedAt: null,
      updatedAt: LATER.at,
    };
    same(verdict(claim), "claimed", "the claim");
    same(await tenant.look(session), expected, "the stored session");
    same(await tenant.loads(teamId), { [anna]: 0, [ben]: 1 }, "the loads");
  },

  "a transfer is refused if the session is not its owner's, or the other has no room": async (
    tenant,
  ) => {
    const [anna, ben, carl] = (await tenant.agents(3)) as [string, string, string];
    const annas = { status: "assigned", assignedAgentId: anna } as const;
    const session = await tenant.session(annas);
    const over = await tenant.session({ ...annas, status: "resolved" });
    const free = await tenant.session();
    await tenant.session({ status: "assigned", assignedAgentId: ben });
    const owner = anna;
    await refusedWithout(tenant, session, ben, { owner: carl }, "session_taken");
    await refusedWithout(tenant, session, ben, {}, "session_taken");
    await refusedWithout(tenant, over, ben, { owner }, "session_taken");
    await refusedWithout(tenant, free, ben, { owner }, "session_taken");
    await refusedWithout(tenant, tenant.newId(), ben, { owner }, "session_gone");
    await refusedWithout(tenant, session, tenant.newId(), { owner }, "agent_gone");
    await refusedWithout(tenant, session, ben, { owner, maxLoad: 1 }, "agent_at_limit");
    // The session itself takes no room beside itself.
    const again = await tenant.store.claim(session, anna, { owner, maxLoad: 1 }, LATER);
    same(verdict(again), "claimed", "a transfer to oneself");
  },

  "of many transfers of one session one succeeds, and limits hold": async (tenant) => {
    const agents = (await tenant.agents(5)) as [string, ...string[]];
    const [anna, ...others] = agents;
    const team = await tenant.team(agents);
    const annas = { status: "assigned", assignedAgentId: anna } as const;
    const sessions = await tenant.sessions(10, annas);
    const claims = await Promise.all(
      others.flatMap((agent, turn) =>
        sessions.map((session, at) =>
          tenant.storeAt(at + turn).claim(session, agent, { owner: anna, maxLoad: 2 }, LATER),
        ),
      ),
    );
    same(claims.filter(({ kind }) => kind === "claimed").length, 8, "transferred");
    const expected = Object.fromEntries(others.map((agent) => [agent, 2]));
    same(await tenant.loads(team), { ...expected, [anna]: 2 }, "the loads");
  },
};
