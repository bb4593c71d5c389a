import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    environment: "node",
    pool: "forks",
    // One cluster, one set of ports: files and tests run one after the other, and stop at the first failure of a file.
    fileParallelism: false,
    bail: 0,
    testTimeout: 15 * 60_000,
    hookTimeout: 15 * 60_000,
  },
});
