/** The account is made at an API server made here: what is asked of it, what is written, and when it is refused. */
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { localDiagnosis } from "../../../../aiops/kubectl-ai/diagnosis.ts";
import {
  accountName,
  accountObjects,
  beyondReading,
  readOnlyAccess,
} from "../../../../aiops/kubectl-ai/readOnlyAccess.ts";
import { type ApiServer, apiServer, core } from "../../../support/apiServer.ts";

let folder: string;
let server: ApiServer;

const readRules = [
  { verbs: ["get", "list", "watch"], apiGroups: [""], resources: ["pods", "pods/log"] },
  { verbs: ["create"], apiGroups: ["authorization.k8s.io"], resources: ["selfsubjectrulesreviews"] },
];

const account = `/api/v1/namespaces/todo-app/serviceaccounts/${accountName}`;
const role = `/apis/rbac.authorization.k8s.io/v1/namespaces/todo-app/roles/${accountName}`;
const binding = `/apis/rbac.authorization.k8s.io/v1/namespaces/todo-app/rolebindings/${accountName}`;

/** The API server says that the token has these rules. */
const grant = (rules: unknown[]) => {
  server.answers["/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"] = {
    body: { status: { incomplete: true, resourceRules: rules, nonResourceRules: [] } },
  };
};

beforeEach(async () => {
  server = await apiServer();
  server.answers[`${account}/token`] = {
    body: { status: { token: "short-lived", expirationTimestamp: "2026-11-25T10:00:00Z" } },
  };
  grant(readRules);
  folder = await mkdtemp(join(tmpdir(), "taskflow-account-"));
  const cluster = {
    server: server.url,
    "insecure-skip-tls-verify": true,
    "certificate-authority-data": "Q0E=",
  };
  const config = {
    clusters: [{ name: "c", cluster }],
    contexts: [{ name: "admin", context: { cluster: "c", user: "u" } }],
    users: [{ name: "u", user: { token: "administrator" } }],
  };
  await writeFile(join(folder, "admin"), JSON.stringify({ apiVersion: "v1", kind: "Config", ...config }));
});

afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const file = () => join(folder, "state", "kubeconfig");
const make = () =>
  readOnlyAccess({
    access: { kubeconfig: join(folder, "admin"), context: "admin" },
    namespace: "todo-app",
    file: file(),
  });

test("applies account, Role and binding, and writes a kubeconfig with nothing of the administrator's", async () => {
  await make();
  const patches = server.requests.filter(({ method }) => method === "PATCH");
  expect(patches.map(({ path }) => path)).toEqual([account, role, binding]);
  for (const { headers, search } of patches) {
    expect(headers["content-type"]).toBe("application/apply-patch+yaml");
    expect(search.get("fieldManager")).toBe("taskflow");
    expect(headers.authorization).toBe("Bearer administrator");
  }
  const token = server.requests.find(({ path }) => path === `${account}/token`);
  expect(JSON.parse(token?.body ?? "")).toMatchObject({ spec: { expirationSeconds: 3600 } });
  // What the token may do is asked with the token itself.
  expect(server.requests.at(-1)?.headers.authorization).toBe("Bearer short-lived");

  const text = await readFile(file(), "utf8");
  expect(text).not.toContain("administrator");
  expect(parse(text)).toMatchObject({
    "current-context": "taskflow-read-only",
    users: [{ user: { token: "short-lived" } }],
    contexts: [{ context: { namespace: "todo-app" } }],
    clusters: [{ cluster: { "certificate-authority-data": "Q0E=" } }],
  });
  expect((await stat(file())).mode & 0o777).toBe(0o600);
});

test("a file that was open to others is closed", async () => {
  await make();
  await rm(file());
  await writeFile(file(), "old", { mode: 0o644 });
  await make();
  expect((await stat(file())).mode & 0o777).toBe(0o600);
});

test("an account that may more than read gets no kubeconfig", async () => {
  grant([...readRules, { verbs: ["*"], apiGroups: ["*"], resources: ["*"] }]);
  await expect(make()).rejects.toMatchObject({ code: "TF1812" });
  await expect(stat(file())).rejects.toThrow("ENOENT");
});

test("without the right to make it: what was refused", async () => {
  server.answers[role] = { status: 403 };
  await expect(make()).rejects.toMatchObject({ code: "TF1811", what: expect.stringContaining("403") });
});

test("with an API server that is gone", async () => {
  await server.down();
  await expect(make()).rejects.toMatchObject({
    code: "TF1811",
    what: expect.stringContaining("ECONNREFUSED"),
  });
});

test("the tool local_diagnosis reads with that kubeconfig and no other", async () => {
  await make();
  server.requests.length = 0;
  const config = new KubeConfig();
  config.loadFromFile(file());
  server.answers[`${core}/secrets`] = { status: 403 };
  const diagnosis = await localDiagnosis(config);
  expect(diagnosis).toMatchObject({ namespace: "todo-app", findings: [] });
  expect(diagnosis.notChecked).toContainEqual({
    what: "names of secrets",
    why: "the API server refuses it (HTTP 403)",
  });
  const seen = server.requests.map(({ method, headers }) => `${method} ${headers.authorization}`);
  expect(new Set(seen)).toEqual(new Set(["GET Bearer short-lived"]));
});

describe("the rules that make an account too strong", () => {
  test.each([
    ["reading", { verbs: ["get", "list", "watch"], resources: ["pods"] }, []],
    ["asking what one may do", { verbs: ["create"], resources: ["selfsubjectaccessreviews"] }, []],
    ["reading Secrets", { verbs: ["list"], resources: ["secrets"] }, ["list secrets"]],
    ["reading everything", { verbs: ["get"], resources: ["*"] }, ["get *"]],
    [
      "writing one object",
      { verbs: ["get", "patch"], resources: ["services"], resourceNames: ["a"] },
      ["patch services a"],
    ],
    ["every verb on one kind", { verbs: ["*"], resources: ["pods"] }, ["* pods"]],
    ["running a command in a pod", { verbs: ["create"], resources: ["pods/exec"] }, ["create pods/exec"]],
  ])("%s", (_name, rule, more) => {
    expect(beyondReading([{ apiGroups: [""], ...rule }])).toEqual(more);
  });

  test("the account's own Role is none of them", async () => {
    const { role } = await accountObjects("todo-app");
    expect(beyondReading(role.rules as never)).toEqual([]);
  });
});
