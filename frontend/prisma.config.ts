import { defineConfig } from "prisma/config";

// No connection here: the schema belongs to Alembic in ../backend, and Prisma only makes the client.
export default defineConfig({ schema: "prisma/schema.prisma" });
