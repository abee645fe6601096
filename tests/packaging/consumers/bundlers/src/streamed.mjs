// A page that loads the module by itself.
import { AssignmentEngine, init } from "assignment-engine/web";

const request = { session: { id: "chat-1", tenantId: "acme" } };

globalThis.shown = init().then(() => new AssignmentEngine().decide(request, {}, () => 0));
