/**
 * The MCP server where it belongs: its real image, the real manifests, in pods of a real cluster, called by MCP clients
 * of both eras. What it changed there is read from the API server's own audit log. (Cluster and database are this test's
 * own; their names and state folder are changed here, their code is not.)
 */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "@modelcontextprotocol/client";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { parseAllDocuments } from "yaml";
import { approvalCode } from "../../aiops/kagent/plans/index.ts";
import { readPage } from "../../aiops/kagent/plans/page.ts";
import { parseStackConfig } from "../../components/stackConfig.ts";
import { dockerOrFail, imageId } from "../../local/docker.ts";
import type { Prepared } from "../../local/prepare.ts";
import { type Report, run } from "../../local/run.ts";
import { tool } from "../../local/toolchain/index.ts";
import { ownCluster } from "../support/ownCluster.ts";
import { type PortForward, portForward } from "../support/portForward.ts";
import { manifests } from "../unit/aiops/manifests/kustomize.ts";
import { call, connected, initialize, post, type Revision } from "../unit/aiops/mcp/support.ts";

const { state, checkout } = vi.hoisted(() => ({
  checkout: `aiops${process.pid}`,
  state: `${process.env.TMPDIR ?? "/tmp"}/taskflow-aiops-${process.pid}`,
}));
vi.mock("../../local/paths.ts", async (original) => ({
  ...(await original<typeof import("../../local/paths.ts")>()),
  checkoutId: checkout,
  stateDir: state,
}));
const { approvalKeyFor } = await import("../../cli/approvalKey.ts");
const { helmDeployer } = await import("../../cli/deployers/helm.ts");
const { currentTarget } = await import("../../cli/deployers/target.ts");
const { chooseCluster } = await import("../../local/clusters/index.ts");
const { firstFree } = await import("../../local/clusters/embedded/ports.ts");
const { removePostgresData } = await import("../../local/postgres/index.ts");
const { prepare } = await import("../../local/prepare.ts");

const report: Report = (line) => console.log(line);
const namespace = "todo-app";
const server = "taskflow-mcp";
const account = `system:serviceaccount:${namespace}:${server}`;
const hostPort = await firstFree(36_000);

/** The stack as its file would say it. */
const stackOf = (aiops?: { enabled: boolean; remediation: boolean }) => {
  // Other checkouts on this machine need their images: none is removed here.
  const raw = { environment: "dev", cluster: "embedded", hostPort, nodePort: 30_333, keepImages: 20, aiops };
  const none = { databaseUrl: false, betterAuthSecret: false, openaiApiKey: false };
  return { name: "dev", config: parseStackConfig("dev", raw, none), secrets: {} };
};
const remediating = stackOf({ enabled: true, remediation: true });
const reading = stackOf({ enabled: true, remediation: false });
type Stack = typeof remediating;

const cluster = await chooseCluster("embedded", remediating.config);
const own = ownCluster(cluster);
const { kubectl } = own;
const inApp = (...args: string[]) => kubectl(...args, "--namespace", namespace);
const deployer = helmDeployer();
let prepared: Prepared;
const targetOf = (stack: Stack) => currentTarget(stack, () => prepared);

/** `npm run up`, all that comes after the preparation. */
async function up(stack: Stack): Promise<void> {
  const { signal } = new AbortController();
  for (const step of deployer.up(targetOf(stack))) if (!step.skip?.()) await step.run(report, { signal });
}

beforeAll(async () => {
  for (const name of ["helm", "kubectl"] as const) await tool(name, report);
  prepared = await prepare(remediating.config, report);
  await up(remediating);
});

const forwards: PortForward[] = [];
const clients: Client[] = [];
afterAll(async () => {
  await Promise.allSettled(clients.map((client) => client.close()));
  await Promise.all(forwards.map((forward) => forward.close()));
  await cluster.destroy(report);
  await removePostgresData();
  rmSync(state, { recursive: true, force: true });
});

/** The server as it runs now. */
async function reached(): Promise<string> {
  await inApp("rollout", "status", `deployment/${server}`, "--timeout=120s");
  const forward = await portForward(await cluster.kubeconfig(), namespace, server, 8931);
  forwards.push(forward);
  return `http://127.0.0.1:${forward.port}/mcp`;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

async function client(url: string, token: string, revision: Revision = "2026-07-28"): Promise<Client> {
  const one = await connected(url, revision, bearer(token));
  clients.push(one);
  return one;
}

/** As an agent of kagent's has it: from the Secret. */
async function sharedToken(): Promise<string> {
  const value = await inApp("get", "secret", server, "--output=jsonpath={.data.TASKFLOW_MCP_TOKEN}");
  return Buffer.from(value, "base64").toString();
}

const toolNames = async (one: Client) => (await one.listTools()).tools.map(({ name }) => name);
const readingTools = ["diagnose", "list_pods", "get_logs", "check_service", "get_runbook"];
const planTools = ["propose_plan", "get_plan", "apply_plan", "undo_plan"];

const selector = async () =>
  JSON.parse(await inApp("get", "service", "backend-service", "--output=jsonpath={.spec.selector}"));
const selects = (app: string) =>
  inApp("patch", "service", "backend-service", "--type=json", `--patch=${JSON.stringify(toApp(app))}`);
const toApp = (app: string) => [{ op: "replace", path: "/spec/selector/app", value: app }];

const codesOf = async (one: Client): Promise<string[]> => {
  const { data, text, isError } = await call(one, "diagnose");
  if (isError) throw new Error(text);
  return data.findings.map(({ code }: { code: string }) => code);
};

/** `verb resource/name`, and whether only a dry run, of each change that the server's account asked for. */
async function changes(): Promise<string[]> {
  const { stdout } = await dockerOrFail(["exec", prepared.clusterName, "cat", "/var/lib/taskflow/audit.log"]);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter(({ user }) => user.username === account)
    .map(({ verb, objectRef, requestURI, responseStatus }) => {
      const dry = requestURI.includes("dryRun=All") ? ", dry run" : "";
      return `${verb} ${objectRef.namespace} ${objectRef.resource}/${objectRef.name}: ${responseStatus.code}${dry}`;
    });
}

/** What the API server says to the account about things that it could do harm with. */
async function attempts(): Promise<Record<string, boolean>> {
  const app = `{"metadata":{"annotations":{"tried":"yes"}}}`;
  const all: Record<string, string[]> = {
    "patch deployment": ["patch", "deployment", "backend", "-n", namespace, "-p", app],
    "patch service": ["patch", "service", "backend-service", "-n", namespace, "-p", app],
    "create networkpolicy": ["create", "-f", join(manifests, "server/network-policy.yaml")],
    "delete networkpolicy": ["delete", "networkpolicy", server, "-n", namespace],
    "scale deployment": ["scale", "deployment/backend", "--replicas=2", "-n", namespace],
    "delete deployment": ["delete", "deployment", "backend", "-n", namespace],
    "delete pods": ["delete", "pods", "--all", "-n", namespace],
    "read secret": ["get", "secret", "backend-secrets", "-n", namespace],
    "read approval key": ["get", "secret", "taskflow-mcp-approval", "-n", namespace],
    "create token": ["create", "token", server, "-n", namespace],
    "patch elsewhere": ["patch", "service", "kubernetes", "-n", "default", "-p", app],
    "bind a role": ["create", "rolebinding", "x", "--clusterrole=admin", "--user=x", "-n", namespace],
  };
  const answers: Record<string, boolean> = {};
  for (const [what, args] of Object.entries(all)) {
    const dry = args[0] === "get" || args[1] === "token" ? [] : ["--dry-run=server"];
    const { failed, message } = await kubectl(...args, ...dry, `--as=${account}`).then(
      () => ({ failed: false, message: "" }),
      (error: Error) => ({ failed: true, message: error.message }),
    );
    answers[what] = !failed || !/forbidden/i.test(message);
  }
  return answers;
}
const allowed = async () =>
  Object.entries(await attempts())
    .filter(([, may]) => may)
    .map(([what]) => what);

describe("`up` by Helm with taskflow:aiops", () => {
  let url: string;
  let one: Client;
  const deployed = () => inApp("get", "deployment", server, "--output=json").then(JSON.parse);

  beforeAll(async () => {
    url = await reached();
    one = await client(url, await sharedToken());
  });

  test("built this checkout's image, brought it to the node, and the pod runs it", async () => {
    const { repository, tag } = targetOf(remediating)().specs.kagent;
    expect(await cluster.listImages(repository)).toEqual([`${repository}:${tag}`]);
    expect((await deployed()).spec.template.spec.containers[0].image).toBe(`${repository}:${tag}`);
    const pods = JSON.parse(await inApp("get", "pods", "-l", `app=${server}`, "--output=json"));
    expect(pods.items).toHaveLength(1);
    expect(pods.items[0].status.containerStatuses[0]).toMatchObject({ ready: true, restartCount: 0 });
  });

  test("made secrets that are nowhere else; a second time it changes nothing", async () => {
    const token = await sharedToken();
    const versions = () =>
      inApp(
        "get",
        `secret/${server}`,
        `secret/${server}-approval`,
        `deployment/${server}`,
        "--output=jsonpath={.items[*].metadata.resourceVersion}",
      );
    const before = await versions();
    await up(remediating);
    expect(await versions()).toBe(before);
    expect(await deployer.preview(targetOf(remediating)(), report, new AbortController().signal)).toBe("");
    const { key } = await approvalKeyFor(remediating.config, secretReader);
    const files = await run("grep", ["-rlF", "-e", token, "-e", key.toString("base64"), state]);
    expect(files.stdout).toBe("");
  });

  test("hears only those who have the token, in both eras", async () => {
    for (const headers of [{}, bearer("wrong-wrong-wrong-wrong-wrong")]) {
      const answer = await post(url, initialize, headers as Record<string, string>);
      expect(answer.status).toBe(401);
      expect(await answer.text()).toContain("TF1734");
    }
    expect(await toolNames(one)).toEqual([...readingTools, ...planTools]);
    const older = await client(url, await sharedToken(), "2025-11-25");
    expect(await toolNames(older)).toEqual([...readingTools, ...planTools]);
  });

  test("finds nothing wrong with the app as it was deployed", async () => {
    const { data } = await call(one, "diagnose");
    expect(data.findings).toEqual([]);
    // Names in Secrets are what its account may not see.
    expect(data.notChecked.map(({ what }: { what: string }) => what).join()).toMatch(/secret/i);
  });

  test("refuses other namespaces", async () => {
    for (const [name, args] of [
      ["diagnose", {}],
      ["list_pods", {}],
      ["propose_plan", { code: "TF1520", object: "kubernetes" }],
    ] as const) {
      const answer = await call(one, name, { ...args, namespace: "kube-system" });
      expect(answer.isError).toBe(true);
      expect(answer.text).toMatch(/TF17\d\d .*in scope: todo-app|TF17\d\d[\s\S]*todo-app/);
    }
    expect(await changes()).toEqual([]);
  });

  describe("a Service whose selector is wrong", () => {
    const service = `patch ${namespace} services/backend-service`;
    // biome-ignore lint/suspicious/noExplicitAny: a page of a plan
    let plan: any;
    const code = async (step: "apply" | "undo") => {
      const { key, from } = await approvalKeyFor(remediating.config, secretReader);
      expect(from).toBe(`Secret ${server}-approval in namespace ${namespace}`);
      // As `npm run approve` reads what get_plan gave.
      const { id, hash } = readPage(JSON.stringify((await call(one, "get_plan", { id: plan.id })).data));
      return approvalCode(key, step, id, hash);
    };
    const step = (name: string, approval?: string) =>
      call(one, name, { id: plan.id, hash: plan.hash, ...(approval ? { approval } : {}) });

    test("is found", async () => {
      await selects("backnd");
      await expect.poll(() => codesOf(one), { timeout: 30_000, interval: 500 }).toContain("TF1520");
    });

    test("a plan is proposed, which changes nothing", async () => {
      const answer = await call(one, "propose_plan", { code: "TF1520", object: "backend-service" });
      expect(answer.isError, answer.text).toBe(false);
      plan = answer.data;
      expect(plan).toMatchObject({
        state: "proposed",
        proposal: { action: "patchSelector", service: "backend-service" },
        diff: [{ before: expect.stringContaining("backnd"), after: expect.stringContaining("backend") }],
      });
      expect((await selector()).app).toBe("backnd");
    });

    test("is not applied without an approval, nor with a wrong one", async () => {
      for (const [approval, refusal] of [
        [undefined, "TF1713"],
        ["AAAA-AAAA-AAAA", "TF1715"],
        [await code("undo"), "TF1715"],
      ] as const) {
        const answer = await step("apply_plan", approval);
        expect(answer.isError).toBe(true);
        expect(answer.text).toContain(refusal);
      }
      expect((await selector()).app).toBe("backnd");
      expect(await changes()).toEqual([`${service}: 200, dry run`]);
    });

    test("is applied with the code that the operator's key makes, and verified", async () => {
      const answer = await step("apply_plan", await code("apply"));
      expect(answer.isError, answer.text).toBe(false);
      expect(answer.data).toMatchObject({ state: "verified", approvedBy: { kind: "code" } });
      expect((await selector()).app).toBe("backend");
      expect(await codesOf(one)).toEqual([]);
    });

    test("is applied once, and undone after an approval of its own", async () => {
      const used = await code("apply");
      expect((await step("apply_plan", used)).text).toContain("TF1704");
      expect((await step("undo_plan", used)).text).toContain("TF1715");
      expect((await selector()).app).toBe("backend");
      const answer = await step("undo_plan", await code("undo"));
      expect(answer.data, answer.text).toMatchObject({ state: "undone" });
      expect((await selector()).app).toBe("backnd");
      await selects("backend");
    });

    test("the API server's audit log has these changes by the server's account, and no other", async () => {
      const all = await changes();
      const dry = all.filter((line) => line.endsWith(", dry run"));
      expect(new Set(dry)).toEqual(new Set([`${service}: 200, dry run`]));
      expect(all.filter((line) => !dry.includes(line))).toEqual([`${service}: 200`, `${service}: 200`]);
    });

    test("the server's own log has each decision, and no secret", async () => {
      const log = await inApp("logs", `deployment/${server}`);
      const entries = log
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
      const events = entries.filter(({ audit, plan: id }) => audit && id === plan.id);
      expect(events.map(({ event }) => event)).toEqual(
        expect.arrayContaining(["propose", "refuse", "approve", "apply", "verify", "undo"]),
      );
      const { key } = await approvalKeyFor(remediating.config, secretReader);
      for (const secret of [await sharedToken(), key.toString("base64"), await code("apply")])
        expect(log).not.toContain(secret);
    });
  });

  test("its account may do what plans need, and nothing else", async () => {
    expect(await allowed()).toEqual([
      "patch deployment",
      "patch service",
      "create networkpolicy",
      "delete networkpolicy",
    ]);
  });
});

describe("with remediation switched off", () => {
  let one: Client;

  beforeAll(async () => {
    await up(reading);
    one = await client(await reached(), await sharedToken());
  });

  test("no tool changes anything, and the key of approvals is gone", async () => {
    expect(await toolNames(one)).toEqual(readingTools);
    await expect(one.callTool({ name: "apply_plan", arguments: { id: "x", hash: "y" } })).rejects.toThrow();
    await expect(inApp("get", "secret", `${server}-approval`)).rejects.toThrow(/NotFound/);
    const key = approvalKeyFor(remediating.config, secretReader);
    await expect(key).rejects.toMatchObject({ code: "TF1713" });
  });

  test("it still finds what is wrong, and its account may change nothing", async () => {
    await selects("backnd");
    await expect.poll(() => codesOf(one), { timeout: 30_000, interval: 500 }).toContain("TF1520");
    await selects("backend");
    expect(await allowed()).toEqual([]);
  });
});

test("switched off altogether, nothing of it is left", async () => {
  const { signal } = new AbortController();
  const off = stackOf();
  expect(await deployer.preview(targetOf(off)(), report, signal)).toBe("removed: the MCP server");
  await up(off);
  const kinds =
    "all,roles,rolebindings,serviceaccounts,networkpolicies,secrets,clusterroles,clusterrolebindings";
  const ours = /\/taskflow-(mcp|reader|remediator|cluster)/;
  const names = async () =>
    (await kubectl("get", kinds, "--all-namespaces", "--output=name")).trimEnd().split("\n");
  // The pod ends after its Deployment is gone.
  const left = async () => (await names()).filter((name) => ours.test(name));
  await expect.poll(left, { timeout: 60_000, interval: 500 }).toEqual([]);
  expect(await names()).toContain("deployment.apps/backend");
});

describe("by hand, with callers that the API server vouches for", () => {
  const audience = `--audience=${server}`;
  const tokenFor = async (name: string, ...args: string[]) =>
    (await inApp("create", "token", name, ...args)).trim();

  beforeAll(async () => {
    // The manifests' own name for it, as after `docker build -t todo-kagent:local ./aiops/kagent`.
    const { repository, tag } = targetOf(remediating)().specs.kagent;
    const id = (await imageId(`${repository}:${tag}`)) as string;
    await dockerOrFail(["tag", `${repository}:${tag}`, `${repository}:local`]);
    await cluster.loadImage({ ref: `${repository}:local`, id }, report);
    await kubectl("apply", "-k", join(manifests, "token-review"));
  });

  test("a token of the caller's account for this audience is accepted, all others are refused", async () => {
    const url = await reached();
    const one = await client(url, await tokenFor(`${server}-caller`, audience));
    expect(await toolNames(one)).toEqual(readingTools);
    expect(await codesOf(one)).toEqual([]);
    const status = async (token: string) => (await post(url, initialize, bearer(token))).status;
    expect(await status(await tokenFor(`${server}-caller`))).toBe(401);
    expect(await status("not.a.token-of-anybody")).toBe(401);
    expect(await status(await tokenFor("default", audience))).toBe(403);
    const log = await inApp("logs", `deployment/${server}`);
    expect(log).toContain(`"caller":"system:serviceaccount:${namespace}:${server}-caller"`);
  });

  test("its account may ask about tokens and change nothing", async () => {
    expect(await allowed()).toEqual([]);
    const ask = ["auth", "can-i", "create", "tokenreviews.authentication.k8s.io", `--as=${account}`];
    expect((await kubectl(...ask)).trim()).toBe("yes");
  });
});

const crds = process.env.TASKFLOW_KAGENT_CRDS;
if (!crds) console.warn("kagent's own rules: skipped, TASKFLOW_KAGENT_CRDS names no folder with its CRDs");

describe.skipIf(!crds)("kagent's objects before an API server that has kagent's CRDs", () => {
  const build = async (folder: string) =>
    parseAllDocuments(await kubectl("kustomize", join(manifests, folder))).map((one) => one.toJS());
  const dryRun = (objects: object[]) => own.apply(objects, "--server-side", "--dry-run=server");

  beforeAll(async () => {
    await kubectl("delete", "-k", join(manifests, "token-review"), "--ignore-not-found");
    const files = readdirSync(crds as string).filter((name) => name.endsWith(".yaml"));
    const args = files.flatMap((name) => ["--filename", join(crds as string, name)]);
    await kubectl("apply", "--server-side", ...args);
    await kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s");
  });

  test.each(["kagent", "kmcp"])("%s is admitted, CEL rules included", async (folder) => {
    const objects = await build(folder);
    const said = await dryRun(objects);
    expect(said.match(/ serverside-applied \(server dry run\)$/gm)).toHaveLength(objects.length);
    expect(said).not.toMatch(/warning/i);
  });

  test("what breaks a rule is refused", async () => {
    const agent = (await build("kagent")).find(({ kind }) => kind === "Agent");
    agent.spec.declarative.tools[0].mcpServer.requireApproval.push("no_such_tool");
    await expect(dryRun([agent])).rejects.toThrow(/requireApproval/i);
  });
});

/** kubectl as `npm run approve` has it. */
async function secretReader(args: string[]) {
  const { kubeconfig, context } = await cluster.kubeconfig();
  const place = ["--kubeconfig", kubeconfig, "--context", context, "--namespace", namespace];
  return run((await tool("kubectl")).path, [...args, ...place]);
}
