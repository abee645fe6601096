/** What the operators set. Everything comes from the environment, nothing has a secret default. */
export interface AppConfig {
  /** 0 lets the system choose; the log says what it chose. */
  port: number;
  database: {
    host: string;
    port: number;
    user: string;
    password: string | undefined;
    name: string;
    poolSize: number;
  };
}

export function readConfig(env: NodeJS.ProcessEnv = process.env): AppConfig {
  return {
    port: numberFrom(env, "PORT", 3000),
    database: {
      host: env.DATABASE_HOST ?? "127.0.0.1",
      port: numberFrom(env, "DATABASE_PORT", 5432),
      user: env.DATABASE_USER ?? "dashboard",
      password: env.DATABASE_PASSWORD,
      name: env.DATABASE_NAME ?? "dashboard",
      poolSize: numberFrom(env, "DATABASE_POOL_SIZE", 10),
    },
  };
}

function numberFrom(env: NodeJS.ProcessEnv, name: string, otherwise: number): number {
  const text = env[name];
  if (text === undefined || text === "") return otherwise;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0) {
    throw new Error(`${name} must be a whole number, not \`${text}\``);
  }
  return number;
}
