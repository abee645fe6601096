export { AssignmentModule } from "./module.ts";
export {
  type AssignmentHealth,
  AssignmentHealthIndicator,
  type AssignmentHealthResult,
} from "./health.ts";
export type {
  AssignmentModuleAsyncOptions,
  AssignmentModuleOptions,
  AssignmentModulePorts,
  AssignmentModuleRootOptions,
  AssignmentOptionsFactory,
  AssignmentRedisOptions,
} from "./options.ts";
export type { PortProvider } from "./ports.ts";
export {
  ASSIGNMENT_MESSENGER,
  ASSIGNMENT_MODULE_OPTIONS,
  ASSIGNMENT_SESSION_STORE,
  ROUND_ROBIN_CONTEXT_PROVIDER,
} from "./tokens.ts";
export { AssignmentService } from "../index.ts";
