/** Rule after rule, with the dependencies of the dashboard-api: the engine as its TypeScript knows it. */
import { AssignmentEngineError, printable } from "../errors.ts";
import type { EngineHooks, EngineLogger } from "../logger.ts";
import type { Request } from "../types.ts";
import type { AssignmentDeps } from "./deps.ts";
import { failureOf, late } from "./host.ts";
import { verdictOf } from "./host_rule.ts";
import { RuleTimer, quietly } from "./rule_timer.ts";
import type { Place, RuleContext } from "./rules.ts";
import type { Watchdog } from "./watchdog.ts";
import { isObject } from "./wire.ts";

/** How {@link AssignmentEngine.run} ends without a host. */
export type RunResult = (
  | { outcome: "assign"; agentId: string }
  | { outcome: "skip" }
  | { outcome: "stop" }
  | { outcome: "error"; code: string; message: string }
) & {
  /** The rule that decided. */
  rule: string;
  /** Why: a stable code. */
  reason: string;
};

/** Asks the rules in order; the first that does not say "continue" ends the run. */
export async function runRules(
  places: readonly Place[],
  request: Request,
  deps: AssignmentDeps,
  settings: {
    logger: EngineLogger | undefined;
    hooks: EngineHooks | undefined;
    watchdog: Watchdog;
  },
): Promise<RunResult> {
  if (!isObject(request) || !isObject(request.session)) {
    throw new AssignmentEngineError("missing_field", "request.session: is missing", {
      path: "request.session",
    });
  }
  const timer = new RuleTimer(settings.logger, settings.hooks);
  const context: RuleContext = {};
  let result: RunResult = { outcome: "stop", rule: "pipeline", reason: "rules_exhausted" };
  for (const place of places) {
    const { name } = place;
    const found = await ask(place, request, context, deps, settings);
    timer.left([name]);
    if (found === undefined) continue;
    result = found;
    break;
  }
  log(result, request, settings);
  return result;
}

/** What the rule says; undefined for "continue". */
async function ask(
  { name, rule, id }: Place,
  request: Request,
  context: RuleContext,
  deps: AssignmentDeps,
  { hooks, watchdog }: { hooks: EngineHooks | undefined; watchdog: Watchdog },
): Promise<RunResult | undefined> {
  const what = `the rule \`${name}\``;
  const reason = (): string => (id === undefined ? "host_rule" : (context.reason ?? "host_rule"));
  try {
    const answering = Promise.resolve(rule(request, context, deps));
    const verdict = verdictOf(
      await watchdog.bounded(answering, () => late(what, watchdog.milliseconds)),
    );
    switch (verdict.kind) {
      case "continue":
        return undefined;
      case "assign":
        if (typeof verdict.agentId !== "string" || verdict.agentId === "") {
          throw new AssignmentEngineError("wrong_answer", `${what} assigned to nobody`);
        }
        return { outcome: "assign", agentId: verdict.agentId, rule: name, reason: reason() };
      case "error": {
        const message = printable(verdict.message);
        return { outcome: "error", code: reason(), message, rule: name, reason: reason() };
      }
      default:
        return { outcome: verdict.kind, rule: name, reason: reason() };
    }
  } catch (error) {
    quietly(() => hooks?.failed?.({ what, sessionId: String(request.session.id), error }));
    const { code, message } = failureOf(what, error);
    return { outcome: "error", code, message, rule: name, reason: "fact_unavailable" };
  }
}

function log(
  result: RunResult,
  request: Request,
  { logger, hooks }: { logger: EngineLogger | undefined; hooks: EngineHooks | undefined },
): void {
  const { outcome, rule, reason } = result;
  const sessionId = printable(String(request.session.id));
  const message = result.outcome === "error" ? ` message=${result.message}` : "";
  logger?.debug(`assignment_engine.outcome outcome=${outcome} sessionId=${sessionId}${message}`);
  const code = result.outcome === "error" ? { code: result.code } : {};
  quietly(() => hooks?.outcome?.({ outcome, sessionId, rule, reason, ...code }));
}
