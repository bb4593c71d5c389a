import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    environment: "node",
    include: ["test/**/*.test.ts"],
    // Pulumi's mocks and the process environment are global: a process for each file.
    pool: "forks",
    testTimeout: 20_000,
  },
});
