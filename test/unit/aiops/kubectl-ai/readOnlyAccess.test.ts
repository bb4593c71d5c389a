/** The account is made at an API server made here: what is asked of it, what is written, and when it is refused. */
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
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

interface Asked {
  line: string;
  type: string | undefined;
  token: string | undefined;
  body: unknown;
}

let folder: string;
let server: Server;
let asked: Asked[];
/** Rules that the API server says the token has. */
let rules: unknown[];
/** Path -> status that is answered in place of the usual. */
let refused: Record<string, number>;

const readRules = [
  { verbs: ["get", "list", "watch"], apiGroups: [""], resources: ["pods", "pods/log"] },
  { verbs: ["create"], apiGroups: ["authorization.k8s.io"], resources: ["selfsubjectrulesreviews"] },
];

beforeEach(async () => {
  asked = [];
  rules = readRules;
  refused = {};
  server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () => {
      const url = new URL(request.url ?? "", "http://x");
      asked.push({
        line: `${request.method} ${url.pathname}${url.search}`,
        type: request.headers["content-type"],
        token: request.headers.authorization,
        body: text ? parse(text) : undefined,
      });
      const status = refused[url.pathname] ?? 200;
      const answer = url.pathname.endsWith("/token")
        ? { status: { token: "short-lived", expirationTimestamp: "2026-11-25T10:00:00Z" } }
        : url.pathname.endsWith("/selfsubjectrulesreviews")
          ? { status: { incomplete: true, resourceRules: rules, nonResourceRules: [] } }
          : { items: [], metadata: {} };
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(status === 200 ? answer : { kind: "Status", code: status }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  folder = await mkdtemp(join(tmpdir(), "taskflow-account-"));
  const config = {
    clusters: [
      {
        name: "c",
        cluster: { server: url, "insecure-skip-tls-verify": true, "certificate-authority-data": "Q0E=" },
      },
    ],
    contexts: [{ name: "admin", context: { cluster: "c", user: "u" } }],
    users: [{ name: "u", user: { token: "administrator" } }],
  };
  await writeFile(join(folder, "admin"), JSON.stringify({ apiVersion: "v1", kind: "Config", ...config }));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
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
  const patches = asked.filter(({ line }) => line.startsWith("PATCH"));
  expect(patches.map(({ line }) => line.replace(/\?.*/, ""))).toEqual([
    `PATCH /api/v1/namespaces/todo-app/serviceaccounts/${accountName}`,
    `PATCH /apis/rbac.authorization.k8s.io/v1/namespaces/todo-app/roles/${accountName}`,
    `PATCH /apis/rbac.authorization.k8s.io/v1/namespaces/todo-app/rolebindings/${accountName}`,
  ]);
  for (const patch of patches) {
    expect(patch.type).toBe("application/apply-patch+yaml");
    expect(patch.line).toContain("fieldManager=taskflow");
    expect(patch.token).toBe("Bearer administrator");
  }
  const token = asked.find(({ line }) => line.includes("/token"));
  expect(token?.body).toMatchObject({ spec: { expirationSeconds: 3600 } });
  // What the token may do is asked with the token itself.
  expect(asked.at(-1)).toMatchObject({ token: "Bearer short-lived" });

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
  rules = [...readRules, { verbs: ["*"], apiGroups: ["*"], resources: ["*"] }];
  await expect(make()).rejects.toMatchObject({ code: "TF1812" });
  await expect(stat(file())).rejects.toThrow("ENOENT");
});

test("without the right to make it: what was refused", async () => {
  refused[`/apis/rbac.authorization.k8s.io/v1/namespaces/todo-app/roles/${accountName}`] = 403;
  await expect(make()).rejects.toMatchObject({ code: "TF1811", what: expect.stringContaining("403") });
});

test("with an API server that is gone", async () => {
  server.closeAllConnections();
  server.close();
  await expect(make()).rejects.toMatchObject({
    code: "TF1811",
    what: expect.stringContaining("ECONNREFUSED"),
  });
});

test("the tool local_diagnosis reads with that kubeconfig and no other", async () => {
  await make();
  asked = [];
  const config = new KubeConfig();
  config.loadFromFile(file());
  refused["/api/v1/namespaces/todo-app/secrets"] = 403;
  const diagnosis = await localDiagnosis(config);
  expect(diagnosis).toMatchObject({ namespace: "todo-app", findings: [] });
  expect(diagnosis.notChecked).toContainEqual({
    what: "names of secrets",
    why: "the API server refuses it (HTTP 403)",
  });
  expect(new Set(asked.map(({ token }) => token))).toEqual(new Set(["Bearer short-lived"]));
  expect(asked.every(({ line }) => line.startsWith("GET "))).toBe(true);
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
