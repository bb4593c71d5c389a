import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    environment: "node",
    include: ["test/**/*.test.ts"],
    // Pulumi's mocks and the process environment are global: a process for each file.
    pool: "forks",
    testTimeout: 20_000,
    // Pulumi serialises the provider in it: it must be the code as Node runs it, not as Vite rewrites it.
    server: { deps: { external: [/components\/nodeImage\.ts$/] } },
  },
});
