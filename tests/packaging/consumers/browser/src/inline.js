import { AssignmentEngine, explain, Roster } from "assignment-engine";
import { request, team } from "./team.js";

const facts = { roster: new Roster(team) };
const decision = await new AssignmentEngine().decide(request, facts, () => 0, { trace: true });
const shown = document.querySelector("#shown");
shown.textContent = explain(decision).join("\n");
shown.dataset.agent = decision.outcome.agentId;
