/** The MCP server beside the app: the same objects as `kubectl apply -k`, for any stack, and what Pulumi makes of them. */
import { describe, expect, test } from "vitest";
import { aiopsObjects, aiopsOptions, outside, tokenSecretData } from "../../../components/aiopsObjects.ts";
import { type Registered, runProgram, stackFileConfig } from "../../support/program.ts";
import { build, kubectl } from "../aiops/manifests/kustomize.ts";

const options = { namespace: "todo-app", image: "todo-kagent:local", remediation: false };
const key = ({ kind, metadata }: { kind?: string; metadata?: { name?: string } }) =>
  `${kind} ${metadata?.name}`;
const sorted = <T extends { kind?: string; metadata?: { name?: string } }>(objects: T[]): T[] =>
  [...objects].sort((a, b) => key(a).localeCompare(key(b)));

describe("the objects", () => {
  test.skipIf(!kubectl).each([
    ["", false],
    ["remediation", true],
  ])("are those of aiops/kagent/manifests/%s", async (folder, remediation) => {
    expect(sorted(aiopsObjects({ ...options, remediation }))).toEqual(sorted(await build(folder)));
  });

  test("for another namespace name it everywhere, and take no other stack's names outside of it", () => {
    const here = aiopsObjects({ ...options, remediation: true });
    const there = aiopsObjects({
      ...options,
      namespace: "todo-2",
      image: "todo-kagent:v1",
      remediation: true,
    });
    expect(JSON.stringify(there)).not.toContain("todo-app");
    expect(JSON.stringify(there)).toContain("taskflow-mcp.todo-2.svc.cluster.local");
    expect(JSON.stringify(there)).toContain("todo-kagent:v1");
    const names = (objects: typeof here, namespace: string) =>
      objects.filter((object) => outside(object, namespace)).map(key);
    const ours = names(here, "todo-app");
    const theirs = names(there, "todo-2");
    expect(theirs).toHaveLength(4);
    expect(theirs.filter((name) => ours.includes(name))).toEqual([]);
    // Bindings refer to the Roles by their new names.
    for (const { kind, roleRef } of there as { kind: string; roleRef?: { kind: string; name: string } }[]) {
      if (roleRef) expect(there.map(key)).toContain(`${roleRef.kind} ${roleRef.name}`);
      expect(kind).not.toBe("Secret");
    }
  });

  test("there are none for a stack that does not ask for them", () => {
    expect(aiopsOptions({ namespace: "todo-app", aiops: undefined })).toBeUndefined();
    const aiops = { enabled: false, remediation: false, image: "todo-kagent:local" };
    expect(aiopsOptions({ namespace: "todo-app", aiops })).toBeUndefined();
  });
});

describe("the Pulumi program", () => {
  const of = (resources: Registered[], type: string) =>
    resources.filter((resource) => resource.type === type);
  const run = (aiops?: object) =>
    runProgram("dev", {
      ...stackFileConfig("dev"),
      ...(aiops ? { "taskflow:aiops": JSON.stringify(aiops) } : {}),
    });

  test("makes no MCP server unless it is asked to", async () => {
    const { resources } = await run();
    expect(of(resources, "kubernetes:yaml/v2:ConfigGroup")).toEqual([]);
    expect(of(resources, "taskflow:index:Aiops")).toEqual([]);
  });

  test("makes the objects, and a token that is nowhere but in the Secret", async () => {
    const { resources } = await run({ enabled: true, image: "todo-kagent:local" });
    const [group] = of(resources, "kubernetes:yaml/v2:ConfigGroup");
    expect(group?.inputs.objs).toEqual(aiopsObjects(options));
    const secret = of(resources, "kubernetes:core/v1:Secret").find(({ name }) => name === "taskflow-mcp");
    expect(JSON.stringify(secret?.inputs)).toContain('"authorization":"Bearer canary-of-the-auth-secret');
    // Pulumi's mark of a secret.
    expect(JSON.stringify(secret?.inputs)).toContain("4dabf18193072939515e22adb298388d");
    const others = resources.filter(({ type }) => type !== "kubernetes:core/v1:Secret");
    expect(JSON.stringify(others)).not.toContain("canary-of-the-auth-secret");
  });

  test("gives the right to change something only on demand", async () => {
    const { resources } = await run({ enabled: true, image: "todo-kagent:local", remediation: true });
    const [group] = of(resources, "kubernetes:yaml/v2:ConfigGroup");
    expect(JSON.stringify(group?.inputs.objs)).toContain('"name":"taskflow-remediator"');
  });

  test.each([
    [
      { enabled: true },
      /aiops\.image: missing[\s\S]*set --stack dev --path taskflow:aiops\.image todo-kagent:local/,
    ],
    [{ enabled: true, image: "todo-kagent:latest" }, /aiops\.image: must name an image with its tag/],
    [{ enabled: true, image: "todo-kagent" }, /aiops\.image: must name an image with its tag/],
    [
      { enabled: "on", image: "a:1" },
      /aiops\.enabled[\s\S]*set --stack dev --path taskflow:aiops\.enabled true/,
    ],
    [{ enabled: true, image: "a:1", mend: true }, /aiops\.mend: unknown key/],
  ])("refuses %j", async (aiops, message) => {
    await expect(run(aiops)).rejects.toThrow(/TF1001/);
    const text = await run(aiops).catch((error: Error) => String(error.message));
    expect(text).toMatch(message);
  });
});

test("the Secret holds the token and the whole header", () => {
  expect(tokenSecretData("t")).toEqual({ TASKFLOW_MCP_TOKEN: "t", authorization: "Bearer t" });
});
