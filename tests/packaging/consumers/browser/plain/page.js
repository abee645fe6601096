import { AssignmentEngine, explain, init, Roster } from "/package/dist/web.mjs";
import { request, team } from "/src/team.js";

// The address can be said, too: a wrong one fails, and may be tried again.
const wrong = await init("/nowhere.wasm").catch(({ code, hint }) => `${code}: ${hint}`);
await init("/package/dist/engine_bg.wasm");
const facts = { roster: new Roster(team) };
const decision = await new AssignmentEngine().decide(request, facts, () => 0, { trace: true });
const shown = document.querySelector("#shown");
shown.textContent = explain(decision).join("\n");
shown.dataset.agent = decision.outcome.agentId;
shown.dataset.wrong = wrong;
