import { CLAIM_RULES, TRANSFER_RULES } from "./claims.ts";
import { type StoreCheck, type StoreFixture, Tenant } from "./fixture.ts";
import { ROW_RULES, STAMP_RULES } from "./rows.ts";
import { TOKEN_RULES } from "./tokens.ts";

/**
 * The rules of `SessionStore`, as checks for a store of your own, in whatever runs your tests:
 *
 * ```ts
 * for (const { name, run } of sessionStoreChecks(() => fixture)) test(name, run);
 * ```
 *
 * `fixture` is asked for when a check begins, and may be the same for all. Beside what one caller
 * sees, they try claims at once: give it two stores on connections of their own.
 */
export function sessionStoreChecks(
  fixture: () => StoreFixture | Promise<StoreFixture>,
): StoreCheck[] {
  const rules = { ...ROW_RULES, ...CLAIM_RULES, ...TRANSFER_RULES, ...TOKEN_RULES, ...STAMP_RULES };
  return Object.entries(rules).map(([name, rule]) => ({
    name,
    run: async () => rule(new Tenant(await fixture())),
  }));
}
