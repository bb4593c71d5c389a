/** The MCP server beside a Helm release: what is applied, when it goes, and that its token is made once. */
import { beforeEach, expect, test } from "vitest";
import { approvalKeyOf } from "../../../../aiops/kagent/plans/index.ts";
import {
  diffAiops,
  type Kubectl,
  KubectlFailed,
  reconcileAiops,
  removeAiops,
} from "../../../../cli/deployers/aiops.ts";
import { aiopsObjects } from "../../../../components/aiopsObjects.ts";

const aiops = { enabled: true, remediation: false, image: "todo-kagent:local" };
const wanted = { config: { namespace: "todo-app", aiops } };
const remediating = { config: { namespace: "todo-app", aiops: { ...aiops, remediation: true } } };

/** A cluster that remembers what was applied, as `Kind/name`. */
let cluster: Set<string>;
let secrets: string[];
let calls: string[];
/** The last text of each kind. */
let applied: Record<string, string>;
let failing: string | undefined;

const kubectl: Kubectl = async (args, input) => {
  const line = args.join(" ");
  calls.push(line);
  const items: { kind: string; metadata: { name: string }; stringData?: object }[] = input
    ? JSON.parse(input).items
    : [];
  let stdout = "";
  if (failing && line.startsWith(failing))
    return { exitCode: 2, failed: true, stdout: "", stderr: "no", all: "no" };
  let exitCode = 0;
  for (const item of items) {
    const name = `${item.kind}/${item.metadata.name}`;
    if (args[0] === "apply") {
      cluster.add(name);
      applied[item.kind] = JSON.stringify(item);
    }
    if (args[0] === "delete") cluster.delete(name);
    if (args[0] === "diff" && !cluster.has(name)) {
      exitCode = 1;
      stdout += `+ ${name}\n`;
    }
    if (item.kind === "Secret" && args[0] === "apply") secrets.push(JSON.stringify(item.stringData));
  }
  if (args[0] === "get" && [...cluster].some((name) => name.toLowerCase() === `${args[1]}/${args[2]}`)) {
    stdout = `${args[1]}/${args[2]}`;
  }
  return { exitCode, failed: exitCode !== 0, stdout, stderr: "", all: stdout };
};

beforeEach(() => {
  cluster = new Set();
  secrets = [];
  calls = [];
  applied = {};
  failing = undefined;
});

test("applies what the Pulumi program does, and the token once", async () => {
  expect(await reconcileAiops(wanted, kubectl)).toBe("MCP server reading only");
  const names = aiopsObjects({ ...aiops, namespace: "todo-app" }).map(
    ({ kind, metadata }) => `${kind}/${metadata.name}`,
  );
  expect([...cluster].sort()).toEqual([...names, "Secret/taskflow-mcp"].sort());
  await reconcileAiops(wanted, kubectl);
  expect(secrets).toHaveLength(1);
  expect(secrets[0]).toMatch(/"TASKFLOW_MCP_TOKEN":"[\w-]{43}","authorization":"Bearer [\w-]{43}"/);
  // Objects of kube-system are among them, which a --namespace would have kubectl refuse.
  expect(calls.filter((line) => /^(apply|delete)/.test(line) && line.includes("--namespace"))).toEqual([]);
  expect(calls.join()).not.toContain(JSON.parse(secrets[0] as string).TASKFLOW_MCP_TOKEN);
});

test("the key of approvals is made once, only with remediation, and as the server reads it", async () => {
  await reconcileAiops(wanted, kubectl);
  expect(secrets.join()).not.toContain("approval");
  await reconcileAiops(remediating, kubectl);
  await reconcileAiops(remediating, kubectl);
  const keys = secrets.map((text) => JSON.parse(text)["approval.key"]).filter(Boolean);
  expect(keys).toHaveLength(1);
  expect(approvalKeyOf(keys[0], "the Secret")).toHaveLength(32);
  expect(calls.join()).not.toContain(keys[0]);
});

test("runs this repo's image where the stack names no other", async () => {
  const own = { namespace: "todo-app", aiops: { enabled: true, remediation: false } };
  const image = { repository: "todo-kagent", tag: "v1.0.0-0123456789ab" };
  expect(await reconcileAiops({ config: own, image }, kubectl)).toBe("MCP server reading only");
  expect(applied.Deployment).toContain('"image":"todo-kagent:v1.0.0-0123456789ab"');
});

test("the right to change something goes when remediation is switched off", async () => {
  await reconcileAiops(remediating, kubectl);
  expect(cluster).toContain("Role/taskflow-remediator");
  expect(cluster).toContain("Secret/taskflow-mcp-approval");
  await reconcileAiops(wanted, kubectl);
  expect([...cluster].filter((name) => /remediator|approval/.test(name))).toEqual([]);
  expect(cluster).toContain("Role/taskflow-reader");
});

test("all of it goes when it is no longer asked for, and with the deployment", async () => {
  const off = { config: { namespace: "todo-app", aiops: undefined } };
  expect(await reconcileAiops(off, kubectl)).toBeUndefined();
  await reconcileAiops(remediating, kubectl);
  expect(await diffAiops(off, kubectl)).toBe("removed: the MCP server");
  expect(await reconcileAiops(off, kubectl)).toBe("MCP server removed");
  expect([...cluster]).toEqual([]);
  await reconcileAiops(wanted, kubectl);
  expect(await removeAiops(wanted, kubectl)).toBe(true);
  expect([...cluster]).toEqual([]);
});

test("shows what it would change", async () => {
  expect(await diffAiops(wanted, kubectl)).toContain("+ Deployment/taskflow-mcp");
  await reconcileAiops(wanted, kubectl);
  expect(await diffAiops(wanted, kubectl)).toBe("");
});

test.each(["get", "apply", "rollout", "diff"])("a kubectl %s that fails is said", async (verb) => {
  failing = verb;
  const work = verb === "diff" ? diffAiops : reconcileAiops;
  await expect(work(wanted, kubectl)).rejects.toBeInstanceOf(KubectlFailed);
});
