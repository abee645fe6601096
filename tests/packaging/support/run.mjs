// Runs programs, and shows all they printed if they fail.
import { spawn } from "node:child_process";

/** Not what this process was told: each program starts from a plain environment. */
const ENVIRONMENT = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(REDIS_|NODE_|npm_|VITEST|JEST)/.test(name)),
);

/**
 * What the program prints. Rejects with its output if it fails or takes too long; with `mayFail`
 * its exit code does not matter.
 */
export function run(program, args, { cwd, env = {}, seconds = 120, mayFail = false }) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...ENVIRONMENT, NO_COLOR: "1", CI: "true", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), seconds * 1000);
    const out = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"]) {
      child[name].setEncoding("utf8").on("data", (text) => (out[name] += text));
    }
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (code === 0 || (mayFail && code !== null)) return resolve(out);
      const why = signal === "SIGKILL" ? `no end within ${seconds} s` : `exit code ${code}`;
      const command = [program, ...args].join(" ");
      reject(new Error(`${command}\nin ${cwd}: ${why}\n${out.stdout}${out.stderr}`));
    });
  });
}

/** Runs `node` and reads the last line that it prints as JSON; nothing may be said on stderr. */
export async function json(args, options) {
  const { stdout, stderr } = await run(process.execPath, args, options);
  if (stderr !== "" && !options.mayWarn) throw new Error(`${args.join(" ")} said:\n${stderr}`);
  return JSON.parse(stdout.trimEnd().split("\n").at(-1));
}
