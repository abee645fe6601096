import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { closedForDays, closedForHours } from "../support/schedules.mjs";
import { Tenant } from "../support/seed.mjs";

const NO_AGENT = "All of our agents are currently busy. We will get back to you shortly.";

export function messages(world) {
  /** As if all that happened to the session had happened a day and an hour ago. */
  async function aDayLater(session, stamp) {
    await world.postgres.rows(
      `UPDATE sessions SET context = context || jsonb_build_object($2::text, $3::text)
       WHERE id = $1`,
      [session, stamp, new Date(Date.now() - 25 * 3_600_000).toISOString()],
    );
  }

  async function contextOf(session) {
    return (await world.postgres.row("SELECT context FROM sessions WHERE id = $1", [session]))
      .context;
  }

  /** The whole row: a stamp that was taken back leaves no trace in it. */
  async function bytesOf(session) {
    const sql = "SELECT sessions::text AS bytes FROM sessions WHERE id = $1";
    return (await world.postgres.row(sql, [session])).bytes;
  }

  describe("messages", () => {
    it("tell once a day that the team is out of office", async () => {
      const tenant = new Tenant(world.postgres);
      const texts = {
        outOfOfficeMessage: "Back on Thursday.",
        outOfOfficeImage: "https://example.com/closed.png",
      };
      const schedule = closedForDays(texts);
      const team = await tenant.team({ members: await tenant.agents(1), schedule });
      const session = await tenant.session({ context: { account: "sales-line" } });
      const message = {
        about: "out_of_office",
        body: texts.outOfOfficeMessage,
        media_url: texts.outOfOfficeImage,
        account: "sales-line",
      };
      for (const app of [world.apps[0], world.apps[1], world.apps[0]]) {
        const { outcome } = await app.handover(session, { teamId: team });
        assert.equal(outcome.kind, "stop");
        assert.deepEqual(await tenant.sent(session), [message]);
        assert.deepEqual(await app.assignQueue(tenant.id), { assigned: 0 });
      }
      assert.ok(Date.parse((await contextOf(session)).oooLastSentAt) > Date.now() - 60_000);
      await aDayLater(session, "oooLastSentAt");
      await world.apps[1].assignQueue(tenant.id);
      await world.apps[0].assignQueue(tenant.id);
      assert.deepEqual(await tenant.sent(session), [message, message]);
    });

    it("tell nothing when the team opens within a day", async () => {
      const tenant = new Tenant(world.postgres);
      await tenant.team({ members: await tenant.agents(1), schedule: closedForHours() });
      const session = await tenant.session();
      const { outcome } = await world.apps[0].handover(session);
      assert.equal(outcome.kind, "stop");
      assert.deepEqual(await tenant.sent(session), []);
    });

    it("tell once a day that nobody is there", async () => {
      const tenant = new Tenant(world.postgres);
      await tenant.team({ members: await tenant.agents(2, { status: "away" }) });
      const session = await tenant.session();
      for (const app of [world.apps[0], world.apps[1], world.apps[1]]) {
        assert.equal((await app.handover(session)).outcome.kind, "stop");
        await app.assignQueue(tenant.id);
      }
      const message = { about: "no_agent", body: NO_AGENT, media_url: null, account: null };
      assert.deepEqual(await tenant.sent(session), [message]);
      await aDayLater(session, "noAgentLastSentAt");
      await world.apps[0].handover(session);
      assert.equal((await tenant.sent(session)).length, 2);
    });

    it("are the tenant's own, or none", async () => {
      const [chatty, quiet] = [new Tenant(world.postgres), new Tenant(world.postgres)];
      const waterfall = { noAgentAction: "reply", noAgentMessage: "Un momento." };
      await chatty.configure({ settings: { waterfall, outOfOfficeMessage: "Cerrado." } });
      await quiet.configure({ settings: { waterfall: { noAgentAction: "queue" } } });
      const schedule = closedForDays();
      const closed = await chatty.team({ members: await chatty.agents(1), schedule });
      const empty = await chatty.team();
      const sessions = await chatty.sessions(2);
      await world.apps[0].handover(sessions[0], { teamId: closed });
      await world.apps[0].handover(sessions[1], { teamId: empty });
      const [ooo, noAgent] = await Promise.all(sessions.map((session) => chatty.sent(session)));
      assert.deepEqual(
        ooo.map(({ body }) => body),
        ["Cerrado."],
      );
      assert.deepEqual(
        noAgent.map(({ body }) => body),
        ["Un momento."],
      );

      await quiet.team({ is_default: true });
      const session = await quiet.session();
      assert.equal((await world.apps[0].handover(session)).outcome.kind, "stop");
      assert.deepEqual(await quiet.sent(session), []);
    });

    for (const [where, processes] of [
      ["one process", 1],
      ["both processes", 2],
    ]) {
      it(`are not doubled by handovers and queues at once in ${where}`, async () => {
        const tenant = new Tenant(world.postgres);
        const closed = { members: await tenant.agents(1), schedule: closedForDays() };
        const teams = [await tenant.team(closed), await tenant.team()];
        const sessions = [];
        for (const assigned_team_id of teams) {
          sessions.push(await tenant.session({ assigned_team_id }));
        }
        await Promise.all(
          Array.from({ length: 8 }, (_, at) => {
            const app = world.apps[at % processes];
            const handovers = sessions.map((session, at) =>
              app.handover(session, { teamId: teams[at] }),
            );
            return [...handovers, app.assignQueue(tenant.id)];
          }).flat(),
        );
        for (const [at, about] of ["out_of_office", "no_agent"].entries()) {
          const sent = await tenant.sent(sessions[at]);
          assert.deepEqual(
            sent.map((message) => message.about),
            [about],
          );
        }
      });
    }

    it("that cannot be sent are an error, and no stamp is left", async () => {
      const tenant = new Tenant(world.postgres);
      const schedule = closedForDays();
      const team = await tenant.team({ members: await tenant.agents(1), schedule });
      const session = await tenant.session({ context: { account: "unknown" } });
      const before = await bytesOf(session);
      const { outcome } = await world.apps[0].handover(session, {
        teamId: team,
        context: { left: "behind" },
      });
      assert.equal(outcome.kind, "error");
      assert.match(outcome.message, /the gateway knows no such account/);
      assert.equal(await bytesOf(session), before);
    });
  });
}
