/** Where secrets come from, and that they go nowhere else. */
import { describe, expect, test } from "vitest";
import { type Component, type Rendered, refusal, render } from "./helm.ts";

const canary = "canary-7f3a9c51-that-must-not-be-seen";
const literals = {
  databaseUrl: `postgresql://user:${canary}@db.example.com/taskflow`,
  betterAuthSecret: `auth-${canary}`,
  openaiApiKey: `sk-${canary}`,
  migrationDatabaseUrl: `postgresql://owner:${canary}@db.example.com/taskflow`,
};

/** `NAME: secret/key` (and `?` when optional) of a container's secret variables. */
function sources(rendered: Rendered, component: Component, container: string = component): string[] {
  const { containers, initContainers = [] } = rendered.podSpec(component);
  const found = [...containers, ...initContainers].find(({ name }) => name === container);
  return (found?.env ?? []).map(({ name, valueFrom }) => {
    const { name: secret, key, optional } = valueFrom?.secretKeyRef ?? {};
    return `${name}: ${secret}/${key}${optional ? "?" : ""}`;
  });
}

describe("literals", () => {
  test("go into the chart's own Secrets, each service's keys only", async () => {
    const rendered = await render({ values: { env: literals } });
    expect(rendered.get("Secret", "frontend-secrets").stringData).toEqual({
      DATABASE_URL: literals.databaseUrl,
      BETTER_AUTH_SECRET: literals.betterAuthSecret,
    });
    expect(rendered.get("Secret", "backend-secrets").stringData).toEqual({
      DATABASE_URL: literals.databaseUrl,
      BETTER_AUTH_SECRET: literals.betterAuthSecret,
      OPENAI_API_KEY: literals.openaiApiKey,
      MIGRATION_DATABASE_URL: literals.migrationDatabaseUrl,
    });
  });

  test("are seen in no object but the Secrets", async () => {
    const { objects } = await render({ values: { env: literals } });
    for (const object of objects.filter(({ kind }) => kind !== "Secret")) {
      expect(JSON.stringify(object)).not.toContain(canary);
    }
  });

  test("survive every character that YAML could take amiss", async () => {
    const databaseUrl = "postgresql://u:p%25'\"#: {{ x }} $(y)\\@h/d?a=b&c=[d]";
    const rendered = await render({ values: { env: { ...literals, databaseUrl } } });
    expect(rendered.get("Secret", "backend-secrets").stringData?.DATABASE_URL).toBe(databaseUrl);
  });

  test("roll the pods when they change", async () => {
    const annotation = async (env: object) =>
      (await render({ values: { env: { ...literals, ...env } } })).podAnnotations("backend")[
        "checksum/secret"
      ];
    const before = await annotation({});
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    expect(await annotation({ openaiApiKey: "sk-other" })).not.toBe(before);
  });
});

describe("references", () => {
  test("ref+secret://NAME/KEY is a secretKeyRef; the chart's own Secret does without", async () => {
    const rendered = await render({
      values: { env: { ...literals, betterAuthSecret: "ref+secret://shared.secrets/auth_secret" } },
    });
    expect(sources(rendered, "frontend")).toEqual([
      "DATABASE_URL: frontend-secrets/DATABASE_URL",
      "BETTER_AUTH_SECRET: shared.secrets/auth_secret",
    ]);
    expect(rendered.get("Secret", "frontend-secrets").stringData).toEqual({
      DATABASE_URL: literals.databaseUrl,
    });
    expect(rendered.text).not.toContain("ref+secret");
  });

  test("the defaults read Secret taskflow, in which the OpenAI key may be missing", async () => {
    const rendered = await render();
    expect(sources(rendered, "frontend")).toEqual([
      "DATABASE_URL: taskflow/DATABASE_URL",
      "BETTER_AUTH_SECRET: taskflow/BETTER_AUTH_SECRET",
    ]);
    expect(sources(rendered, "backend")).toEqual([
      "DATABASE_URL: taskflow/DATABASE_URL",
      "BETTER_AUTH_SECRET: taskflow/BETTER_AUTH_SECRET",
      "OPENAI_API_KEY: taskflow/OPENAI_API_KEY?",
    ]);
  });

  test.each([
    ["ref+vault://secret/data/app#/password"],
    ["secretref+awssecrets://app/password"],
    ["ref+nosuchbackend://app/password"],
    [`postgresql://user:ref+vault://secret/app#/password+@db/taskflow`],
  ])(
    "%s, which Helm would pass on unresolved, is refused with the command that resolves it",
    async (value) => {
      const message = await refusal({ values: { env: { databaseUrl: value } } });
      expect(message).toContain("env.databaseUrl: only ref+secret://NAME/KEY is resolved here");
      expect(message).toContain(
        "vals eval -f VALUES.yaml | helm upgrade --install todo-local CHART -n todo-app -f -",
      );
    },
  );

  test.each([
    ["ref+secret://name"],
    ["ref+secret://Name/key"],
    ["ref+secret://name/key#/x"],
    ["secretref+secret://a/b"],
  ])("%s is refused with the form that is meant", async (value) => {
    expect(await refusal({ values: { env: { betterAuthSecret: value } } })).toContain(
      "env.betterAuthSecret: not a reference to a Secret; the form is ref+secret://NAME/KEY",
    );
  });
});

describe("existingSecret", () => {
  const existingSecret = { frontend: "their-frontend", backend: "their-backend" };

  test("is read in place of the chart's own Secrets, which are not made", async () => {
    const rendered = await render({ values: { existingSecret } });
    expect(rendered.names().filter((name) => name.startsWith("Secret/"))).toEqual([]);
    expect(sources(rendered, "frontend")).toEqual([
      "DATABASE_URL: their-frontend/DATABASE_URL",
      "BETTER_AUTH_SECRET: their-frontend/BETTER_AUTH_SECRET",
    ]);
    expect(sources(rendered, "backend")).toEqual([
      "DATABASE_URL: their-backend/DATABASE_URL",
      "BETTER_AUTH_SECRET: their-backend/BETTER_AUTH_SECRET",
      "OPENAI_API_KEY: their-backend/OPENAI_API_KEY?",
    ]);
    expect(sources(rendered, "backend", "migrate")).toEqual([
      "DATABASE_URL: their-backend/DATABASE_URL",
      "MIGRATION_DATABASE_URL: their-backend/MIGRATION_DATABASE_URL?",
    ]);
  });

  test("its keys can have other names", async () => {
    const rendered = await render({
      values: {
        existingSecret: { ...existingSecret, keys: { databaseUrl: "uri", betterAuthSecret: "auth" } },
      },
    });
    expect(sources(rendered, "frontend")).toEqual([
      "DATABASE_URL: their-frontend/uri",
      "BETTER_AUTH_SECRET: their-frontend/auth",
    ]);
  });

  test("empty values in env are no contradiction: the deployers send them", async () => {
    await render({
      values: { existingSecret, env: { databaseUrl: "", betterAuthSecret: "", openaiApiKey: "" } },
    });
  });

  test.each([
    ["databaseUrl", "DATABASE_URL", literals.databaseUrl],
    ["betterAuthSecret", "BETTER_AUTH_SECRET", literals.betterAuthSecret],
    ["migrationDatabaseUrl", "MIGRATION_DATABASE_URL", literals.migrationDatabaseUrl],
    ["openaiApiKey", "OPENAI_API_KEY", literals.openaiApiKey],
    ["openaiApiKey", "OPENAI_API_KEY", "ref+secret://openai/key"],
  ])("beside another value (%s) it is refused: one of the two would be ignored", async (name, key, value) => {
    const message = await refusal({ values: { existingSecret, env: { [name]: value } } });
    expect(message).toContain(`env.${name}: set beside existingSecret`);
    expect(message).toContain(`put it into Secret their-backend under key ${key}`);
    expect(message).not.toContain(canary);
  });

  test("for one service only is refused", async () => {
    expect(await refusal({ values: { existingSecret: { frontend: "their-frontend" } } })).toContain(
      "existingSecret: name both existingSecret.frontend and existingSecret.backend, or neither",
    );
  });
});

test("the migration gets the database's address and nothing else; the service gets no migration address", async () => {
  const rendered = await render({ values: { env: literals } });
  expect(sources(rendered, "backend", "migrate")).toEqual([
    "DATABASE_URL: backend-secrets/DATABASE_URL",
    "MIGRATION_DATABASE_URL: backend-secrets/MIGRATION_DATABASE_URL",
  ]);
  expect(sources(rendered, "backend")).not.toContain(
    "MIGRATION_DATABASE_URL: backend-secrets/MIGRATION_DATABASE_URL",
  );
});

test("every missing or unusable secret is named at once, and none is quoted", async () => {
  const message = await refusal({
    values: {
      env: {
        databaseUrl: "",
        betterAuthSecret: "seen-canary",
        migrationDatabaseUrl: "mysql://u:seen-canary@h/d",
      },
    },
  });
  expect(message).toContain("env.databaseUrl: required");
  expect(message).toContain("env.betterAuthSecret: 11 characters; at least 32 are needed");
  expect(message).toContain("env.migrationDatabaseUrl: not a PostgreSQL URL");
  expect(message).not.toContain("seen-canary");
});

test("a secret of the wrong type is refused without being quoted", async () => {
  const message = await refusal({ values: { env: { betterAuthSecret: { value: canary } } } });
  expect(message).toContain("at '/env/betterAuthSecret': got object, want string");
  expect(message).not.toContain(canary);
});

test.each(["frontend", "backend"] as const)("secretsRevision rolls the %s's pods", async (component) => {
  const annotation = "taskflow/secrets-revision";
  expect((await render()).podAnnotations(component)).not.toHaveProperty(annotation);
  const rendered = await render({ values: { secretsRevision: "2-abc" } });
  expect(rendered.podAnnotations(component)[annotation]).toBe("2-abc");
});
