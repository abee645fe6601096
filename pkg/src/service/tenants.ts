import { read } from "../engine/wire.ts";
import type { NoAgentPolicy, TenantConfig } from "../types.ts";

/** What a tenant's configuration comes to; one that is not enabled counts as absent. */
export function settingsOf(tenant: TenantConfig | null | undefined): {
  strategy: string | null;
  outOfOfficeMessage: string | null;
  noAgent: NoAgentPolicy;
} {
  const config = tenant && (read(tenant, "enabled") ?? true) ? tenant : {};
  const settings = read(config, "settings") ?? {};
  return {
    strategy: read(config, "strategy") ?? null,
    outOfOfficeMessage: read(settings, "outOfOfficeMessage") ?? null,
    noAgent: read(settings, "waterfall") ?? {},
  };
}
