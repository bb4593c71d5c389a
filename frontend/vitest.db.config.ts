import { defineConfig } from "vitest/config";
import { alias } from "./vitest.config";

/** What needs TEST_DATABASE_URL: an empty PostgreSQL database with the backend's migrations. */
export default defineConfig({
  resolve: { alias },
  // The files share one database.
  test: { include: ["test/database/**/*.test.ts"], fileParallelism: false, testTimeout: 20_000 },
});
