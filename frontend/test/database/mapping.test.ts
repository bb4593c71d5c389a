import { getAuthTables } from "better-auth/db";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testAuth, testDatabaseUrl, withSetting } from "../fixtures/database";

interface Column {
  type: string;
  nullable: boolean;
}

type Table = Record<string, Column>;

const url = testDatabaseUrl();
const { prisma, options } = testAuth(url);
const tables: Record<string, Table> = {};

beforeAll(async () => {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(
    `select table_name, column_name, data_type, is_nullable = 'YES' as nullable
       from information_schema.columns where table_schema = current_schema()`,
  );
  await client.end();
  for (const { table_name, column_name, data_type, nullable } of rows) {
    tables[table_name] ??= {};
    tables[table_name][column_name] = { type: data_type, nullable };
  }
});

afterAll(() => prisma.$disconnect());

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const sameName = (name: string) => name;

/** PostgreSQL's types that a Prisma type may stand for here. */
const typesOf: Record<string, readonly string[]> = {
  String: ["text", "uuid"],
  Boolean: ["boolean"],
  DateTime: ["timestamp with time zone"],
};

describe("the Prisma schema maps the tables that Alembic made", () => {
  it.each([
    ["user", prisma.user.fields, sameName],
    ["session", prisma.session.fields, sameName],
    ["account", prisma.account.fields, sameName],
    ["verification", prisma.verification.fields, sameName],
    ["task", prisma.task.fields, snakeCase],
  ] as const)("%s: every column, no other, of its type", (table, fields, columnOf) => {
    const mapped = Object.values(fields).map(({ name, typeName }) => [columnOf(name), typeName] as const);
    expect(mapped.map(([column]) => column).sort()).toEqual(Object.keys(tables[table] ?? {}).sort());
    for (const [column, typeName] of mapped) {
      expect(typesOf[typeName], `${table}.${column}`).toContain(tables[table]?.[column]?.type);
    }
  });

  it.each(["user", "session", "account", "verification", "task"] as const)(
    "%s can be read whole",
    async (model) => {
      const delegate = prisma[model] as { findFirst: () => Promise<unknown> };
      await delegate.findFirst();
    },
  );
});

describe("Better Auth finds what it needs", () => {
  const required = getAuthTables(options);

  it.each(Object.values(required).map(({ modelName, fields }) => [modelName, fields] as const))(
    "in %s",
    (table, fields) => {
      for (const [field, { fieldName, type, required }] of Object.entries(fields)) {
        const column = tables[table]?.[fieldName ?? field];
        const wanted = { string: "text", boolean: "boolean", date: "timestamp with time zone" }[
          type as string
        ];
        expect(column, `${table}.${field}`).toEqual({ type: wanted, nullable: required === false });
      }
    },
  );
});

it("reads a time as it was written, whatever the server's time zone", async () => {
  const tokyo = testAuth(withSetting(url, "TimeZone=Asia/Tokyo")).prisma;
  const expiresAt = new Date("2026-03-29T01:30:00.123Z");
  const id = crypto.randomUUID();
  await tokyo.verification.create({ data: { id, identifier: id, value: "x", expiresAt } });
  expect((await prisma.verification.findUnique({ where: { id } }))?.expiresAt).toEqual(expiresAt);
  expect((await tokyo.verification.findUnique({ where: { id } }))?.expiresAt).toEqual(expiresAt);
  await prisma.verification.delete({ where: { id } });
  await tokyo.$disconnect();
});
