/** `diagnose` and `ask` as a person runs them, against an API server and a model made here. */
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { exitCodeOf } from "../../../../cli/ui/exitCodes.ts";
import { type ApiServer, apiServer, canned } from "../../../support/apiServer.ts";
import { type ModelServer, modelServer, type Turn } from "../../../support/modelServer.ts";
import { pod, terminated, waiting } from "../../aiops/support.ts";

const made = vi.hoisted(() => ({ access: { kubeconfig: "", context: "" } }));
vi.mock("../../../../cli/deployed.ts", () => ({
  deployed: async () => ({
    stack: { name: "dev", config: { namespace: "todo-app", aiModel: "gpt-4o-mini" } },
    cluster: { kind: "embedded", name: "taskflow" },
    access: made.access,
  }),
}));
const { diagnose } = await import("../../../../cli/verbs/diagnose.ts");
const { ask } = await import("../../../../cli/verbs/ask.ts");

const core = "/api/v1/namespaces/todo-app";
const crashing = pod({
  containers: [
    { name: "backend", state: waiting("CrashLoopBackOff"), lastState: terminated(1), restarts: 3 },
  ],
});
const modelVariables = ["OPENAI_API_KEY", "OPENAI_BASE_URL", "AI_MODEL"];

let cluster: ApiServer;
let model: ModelServer | undefined;
let out: string[];
let err: string[];

beforeEach(async () => {
  cluster = await apiServer();
  made.access = cluster.access;
  cluster.answers["/api/v1/namespaces/todo-app"] = { body: { metadata: { name: "todo-app" } } };
  out = [];
  err = [];
  vi.spyOn(console, "log").mockImplementation((line) => void out.push(...String(line).split("\n")));
  vi.spyOn(console, "error").mockImplementation((line) => void err.push(...String(line).split("\n")));
  for (const name of modelVariables) vi.stubEnv(name, "");
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.exitCode = undefined;
  await cluster.close();
  await model?.close();
  model = undefined;
});

/** Runs a verb; gives its exit code, as cli/main.ts would end with it. */
async function run(verb: () => Command, ...args: string[]): Promise<{ exit: number; error: unknown }> {
  const program = new Command("taskflow").exitOverride().addCommand(verb().exitOverride());
  try {
    await program.parseAsync([verb().name(), ...args], { from: "user" });
    return { exit: Number(process.exitCode ?? 0), error: undefined };
  } catch (error) {
    return { exit: exitCodeOf(error), error };
  }
}

const crash = () => {
  cluster.answers[`${core}/pods`] = canned([crashing]);
  cluster.answers[`${core}/pods/backend-1-abcde/log`] = { text: "ValueError: no such mode\n" };
};

describe("diagnose", () => {
  test("nothing wrong: 0; and it says that nothing is there", async () => {
    expect((await run(diagnose)).exit).toBe(0);
    expect(out[0]).toMatch(/^✓ namespace todo-app: no finding/);
    expect(out).toContain("Nothing is deployed in this namespace: npm run up");
  });

  test("something does not serve: 4, with the evidence and what mends it", async () => {
    crash();
    expect((await run(diagnose)).exit).toBe(4);
    expect(out.join("\n")).toMatch(/✗ TF1501 container keeps crashing {2}pod backend-1-abcde\/backend/);
    expect(out).toContain("    │ ValueError: no such mode");
    expect(out).toContain("      npm run logs -- backend");
  });

  test("--json has the stable shape, and nothing else on standard output", async () => {
    crash();
    cluster.answers["/apis/metrics.k8s.io/v1beta1/namespaces/todo-app/pods"] = { status: 404, body: {} };
    expect((await run(diagnose, "--json")).exit).toBe(4);
    const seen = JSON.parse(out.join("\n"));
    expect(Object.keys(seen)).toEqual([
      "namespace",
      "takenAt",
      "findings",
      "checked",
      "notChecked",
      "elapsed",
    ]);
    expect(seen.findings[0]).toMatchObject({ code: "TF1501", severity: "error", object: { kind: "Pod" } });
    expect(seen.checked).toContain("crashLoop");
    expect(seen.notChecked).toContainEqual({
      what: "what pods use (metrics-server)",
      why: "the API server answered HTTP 404",
    });
    expect(new Date(seen.takenAt).getTime()).toBeGreaterThan(0);
  });

  test("commands reach this very cluster", async () => {
    cluster.answers["/api/v1/namespaces/todo-app/pods"] = canned([
      pod({ containers: [{ name: "backend", state: waiting("CreateContainerError", "exec format error") }] }),
    ]);
    await run(diagnose);
    expect(out.join("\n")).toMatch(
      /kubectl --kubeconfig \S+ --context test --namespace todo-app describe pod/,
    );
  });

  test("a namespace that is not there is an error, not health", async () => {
    cluster.answers["/api/v1/namespaces/nowhere"] = { status: 404, body: {} };
    cluster.answers["/api/v1/namespaces"] = canned([
      { metadata: { name: "default" } },
      { metadata: { name: "todo-app" } },
    ]);
    const { exit, error } = await run(diagnose, "--namespace", "nowhere");
    expect(exit).toBe(2);
    expect(error).toMatchObject({
      code: "TF1549",
      what: expect.stringContaining('no namespace "nowhere"; it has default, todo-app'),
    });
  });

  test("who may not read the namespace itself may still look into it", async () => {
    cluster.answers["/api/v1/namespaces/todo-app"] = { status: 403, body: {} };
    crash();
    expect((await run(diagnose)).exit).toBe(4);
  });

  test("an API that refuses, or is gone", async () => {
    cluster.answers[`${core}/pods`] = { status: 403, body: {} };
    expect(await run(diagnose)).toMatchObject({ exit: 3, error: { code: "TF1307" } });
    await cluster.down();
    expect(await run(diagnose)).toMatchObject({ exit: 3, error: { code: "TF1301" } });
  });

  test("--watch tells a new finding, the loss of the API and its return, and ends with 130", async () => {
    const watching = run(diagnose, "--watch");
    const until = (pattern: RegExp) =>
      vi.waitFor(() => expect(out.some((line) => pattern.test(line))).toBe(true), { timeout: 8_000 });
    await until(/watching; Ctrl-C ends it/);
    crash();
    await until(/^\d\d:\d\d:\d\d new {3}✗ TF1501 .*backend-1-abcde/);
    await cluster.down();
    await until(/the cluster cannot be looked at, still trying: TF1301/);
    await cluster.up();
    await until(/the cluster can be looked at again/);
    process.emit("SIGINT");
    expect(await watching).toEqual({ exit: 130, error: undefined });
    expect(out.filter((line) => line.includes("TF1501"))).toHaveLength(1);
  }, 30_000);
});

describe("ask", () => {
  const question = "Why is the backend pod crashing?";
  const withModel = async (...turns: Turn[]) => {
    model = await modelServer(...turns);
    vi.stubEnv("OPENAI_BASE_URL", model.baseUrl);
    vi.stubEnv("OPENAI_API_KEY", "key-of-the-test");
  };

  test("without a model", async () => {
    crash();
    expect((await run(ask, question)).exit).toBe(0);
    expect(out[0]).toMatch(/^backend-1-abcde: backend exits soon after its start with code 1/);
    expect(out.join(" ")).toContain("[TF1501]");
    expect(out).toContain("    │ ValueError: no such mode");
    expect(err).toEqual([]);
  });

  test("words without quotes are a question too", async () => {
    crash();
    expect((await run(ask, ..."why is the backend crashing".split(" "))).exit).toBe(0);
  });

  test("a question about logs reads those of pods that are well", async () => {
    const well = pod({ containers: [{ name: "backend", ready: true, state: { running: {} } }] });
    cluster.answers[`${core}/pods`] = canned([well]);
    cluster.answers[`${core}/pods/backend-1-abcde/log`] = {
      text: "GET / 200\nERROR password=hunter22 refused\n",
    };
    expect((await run(ask, "Are there errors in the backend logs?")).exit).toBe(0);
    expect(out[0]).toBe("Yes, of 2 lines read: 1 line of backend-1-abcde/backend.");
    expect(out).toContain("    │ ERROR password=*** refused");
  });

  test("no question, an unknown one, another cluster, another language, a wish: 2, told plainly", async () => {
    for (const [text, code, why] of [
      ["", "TF1802", "no question"],
      ["Why is the sky blue?", "TF1803", "no word of it"],
      ["Why does the api fail in the production cluster?", "TF1803", "another cluster (production)"],
      ["Warum stürzt der Backend-Pod ab?", "TF1803", "not in English"],
      ["Delete the backend pod", "TF1803", "changes nothing"],
    ] as const) {
      const { exit, error } = await run(ask, ...(text ? [text] : []));
      expect(exit).toBe(2);
      expect(error).toMatchObject({ code, what: expect.stringContaining(why) });
      if (code === "TF1803") expect((error as { detail: string[] }).detail.join()).toContain("memory use");
    }
    expect(cluster.asked).toEqual([]);
  });

  test("with a model: what was found stands first, its words behind", async () => {
    crash();
    await withModel({ say: "It stops as the mode is unknown [TF1501]." });
    expect((await run(ask, question)).exit).toBe(0);
    const found = out.findIndex((line) => line.startsWith("✗ TF1501"));
    expect(found).toBeGreaterThan(-1);
    expect(out.indexOf("  It stops as the mode is unknown [TF1501].")).toBeGreaterThan(found);
    expect(err.join()).toContain("Asking gpt-4o-mini at 127.0.0.1:");
    expect([...out, ...err].join()).not.toContain("key-of-the-test");
  });

  test.each<[string, Turn, string]>([
    ["401", (response) => void response.writeHead(401).end(), "TF1804"],
    ["429", (response) => void response.writeHead(429).end(), "TF1805"],
    ["cut off", (response) => void response.destroy(), "TF1806"],
    ["no JSON", (response) => void response.end("<html>"), "TF1807"],
    ["made up", { say: "All pods are fine." }, "TF1807"],
  ])("trouble with the model is said, and the answer is there: %s", async (_name, turn, code) => {
    crash();
    await withModel(turn);
    expect((await run(ask, question)).exit).toBe(0);
    expect(out[0]).toMatch(/^backend-1-abcde: backend exits/);
    expect(err.filter((line) => line.startsWith(`The model was not used (${code} `))).toHaveLength(1);
    expect(out.join()).not.toContain("In the words of");
  });

  test("wrong settings are said, too", async () => {
    crash();
    vi.stubEnv("OPENAI_BASE_URL", "nonsense");
    expect((await run(ask, question)).exit).toBe(0);
    expect(err.join()).toContain("TF1808");
  });

  test("--no-model asks none", async () => {
    crash();
    await withModel({ say: "[TF1501]" });
    expect((await run(ask, "--no-model", question)).exit).toBe(0);
    expect(model?.requests).toEqual([]);
  });

  test("a model may know the language; about another cluster it is not asked", async () => {
    crash();
    await withModel({ say: "Der Pod stürzt ab, weil der Modus unbekannt ist [TF1501]." });
    expect((await run(ask, "Warum stürzt der Backend-Pod ab?")).exit).toBe(0);
    expect(out).toContain("  Der Pod stürzt ab, weil der Modus unbekannt ist [TF1501].");
    expect(out.some((line) => line.startsWith("✗ TF1501"))).toBe(true);
    expect((await run(ask, "Why does it crash in the production cluster?")).error).toMatchObject({
      code: "TF1803",
    });
    expect(model?.requests).toHaveLength(1);
  });

  test("--json", async () => {
    crash();
    await withModel({ say: "It stops [TF1501]." });
    await run(ask, "--json", question);
    expect(JSON.parse(out.join("\n"))).toMatchObject({
      question,
      intent: "why",
      component: "backend",
      namespace: "todo-app",
      findings: [{ code: "TF1501" }],
      model: { answer: "It stops [TF1501].", tools: [], note: null },
    });
    out.length = 0;
    await run(ask, "--json", "--no-model", question);
    expect(JSON.parse(out.join("\n")).model).toBeNull();
  });
});
