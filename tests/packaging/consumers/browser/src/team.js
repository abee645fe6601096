/** A small team, and a conversation that waits. */
export const team = {
  tenantId: "acme",
  teams: [{ id: "sales", members: ["anna", "ben"], routingConfig: { maxLoad: 3 } }],
  agents: [
    { id: "anna", name: "Anna", status: "online", active: 3 },
    { id: "ben", name: "Ben", status: "online", active: 1 },
  ],
};
export const request = {
  session: { id: "chat-1", tenantId: "acme", assignedTeamId: "sales" },
  now: "2026-11-23T09:00:00Z",
};
