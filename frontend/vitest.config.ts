import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "@": fileURLToPath(new URL(".", import.meta.url)).replace(/\/$/, "") } },
  test: {
    projects: [
      { extends: true, test: { name: "unit", include: ["test/unit/**/*.test.ts"] } },
      {
        extends: true,
        test: { name: "components", include: ["test/components/**/*.test.tsx"], environment: "happy-dom" },
      },
      {
        extends: true,
        // The files share one database.
        test: { name: "database", include: ["test/database/**/*.test.ts"], fileParallelism: false },
      },
    ],
  },
});
