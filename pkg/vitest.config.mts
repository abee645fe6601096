import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // The sources are tested as they are; what the package's entry does first is done here.
    setupFiles: ["./src/kernel/inline.ts"],
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    pool: "forks",
    execArgv: ["--expose-gc"],
  },
});
