import type { IncomingMessage, ServerResponse } from "node:http";
import type { NestExpressApplication } from "@nestjs/platform-express";

/**
 * Lets connections go that have been answered while the app shuts down. Node waits for them, and
 * closes at once only those that are idle at that moment: one that answers its last request would
 * stay open for `keepAliveTimeout`, and so would the app.
 */
export function drainConnections(app: NestExpressApplication): void {
  const server = app.getHttpServer();
  app.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
    response.once("finish", () => {
      if (!server.listening) request.socket.end();
    });
    next();
  });
}
