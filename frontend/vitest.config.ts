import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** `@/…` is this folder, as in tsconfig.json. */
export const alias = { "@": fileURLToPath(new URL(".", import.meta.url)).replace(/\/$/, "") };

/** What needs no database. */
export default defineConfig({
  resolve: { alias },
  test: {
    // A machine that is busy building images is slow, not wrong.
    testTimeout: 20_000,
    projects: [
      { extends: true, test: { name: "unit", include: ["test/unit/**/*.test.ts"] } },
      {
        extends: true,
        test: {
          name: "components",
          include: ["test/components/**/*.test.tsx"],
          environment: "happy-dom",
          setupFiles: ["test/components/setup.ts"],
        },
      },
    ],
  },
});
