/** @jest-environment jsdom */
import { AssignmentEngine, AssignmentEngineError, explain, Roster } from "assignment-engine";

test("a component's test in jsdom decides, and shows why", async () => {
  const roster = new Roster({
    tenantId: "acme",
    teams: [{ id: "sales", members: ["anna"] }],
    agents: [{ id: "anna", name: "Änna", status: "online" }],
  });
  const request = { session: { id: "chat-1", tenantId: "acme", assignedTeamId: "sales" } };
  const decision = await new AssignmentEngine().decide(request, { roster }, () => 0, {
    trace: true,
  });
  document.body.textContent = explain(decision).join("\n");
  expect(document.body.textContent).toContain("Session `chat-1` goes to Änna (`anna`).");
});

test("what is refused is an error of the package in this realm, too", () => {
  const refused = () => new Roster({ tenantId: "" });
  expect(refused).toThrow(AssignmentEngineError);
  expect(refused).toThrow(expect.objectContaining({ path: "roster.tenantId" }));
});
