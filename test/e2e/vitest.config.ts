import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    environment: "node",
    pool: "forks",
    // One cluster, one set of ports: files and tests run one after the other.
    fileParallelism: false,
    globalSetup: "test/e2e/setup.ts",
    testTimeout: 15 * 60_000,
    hookTimeout: 15 * 60_000,
  },
});
