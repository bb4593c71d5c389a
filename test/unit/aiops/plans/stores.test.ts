/** Where plans and the audit log are kept: whole or not at all, for one's own eyes, and by one run at a time. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { approvalKey, readApprovalKey } from "../../../../aiops/kagent/plans/approval.ts";
import { type AuditEntry, brokenAt, chainedAudit, fileAudit } from "../../../../aiops/kagent/plans/audit.ts";
import { fileStore, planFile } from "../../../../aiops/kagent/plans/fileStore.ts";
import { addPlan, maxPlans, memoryStore } from "../../../../aiops/kagent/plans/store.ts";
import type { Plan } from "../../../../aiops/kagent/plans/types.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "taskflow-plans-"));
});
afterEach(() => rm(folder, { recursive: true }));

const now = Date.parse("2026-11-25T10:00:00Z");
const plan = (id: string, facts: Partial<Plan> = {}): Plan =>
  ({ id, state: "proposed", expiresAt: new Date(now + 1000).toISOString(), ...facts }) as Plan;
const mode = async (file: string) => ((await stat(file)).mode & 0o777).toString(8);

describe.each([
  ["memory", () => memoryStore()],
  ["file", () => fileStore(join(folder, "deep"))],
])("in a %s", (_where, make) => {
  test("what was changed is there the next time; a failed edit changes nothing", async () => {
    const store = make();
    await store.change((plans) => plans.push(plan("a")));
    await expect(
      store.change((plans) => {
        plans.length = 0;
        throw new Error("no");
      }),
    ).rejects.toThrow("no");
    expect(await store.change((plans) => plans.map(({ id }) => id))).toEqual(["a"]);
  });

  test("what was got out of it changes nothing inside", async () => {
    const store = make();
    await store.change((plans) => plans.push(plan("a")));
    const out = await store.change((plans) => plans[0]);
    if (out) out.state = "verified";
    expect(await store.change((plans) => plans[0]?.state)).toBe("proposed");
  });

  test("many at once: none is lost", async () => {
    const store = make();
    await Promise.all(
      Array.from({ length: 30 }, (_, n) => store.change((plans) => plans.push(plan(`p${n}`)))),
    );
    expect(await store.change((plans) => plans.length)).toBe(30);
  });
});

describe("the number of plans is bounded", () => {
  test("the oldest that is done makes room", () => {
    const plans = Array.from({ length: maxPlans }, (_, n) => plan(`p${n}`));
    plans[3] = plan("p3", { state: "verified" });
    addPlan(plans, plan("new"), now);
    expect(plans).toHaveLength(maxPlans);
    expect(plans.some(({ id }) => id === "p3")).toBe(false);
  });
  test("where all wait for their approval there is no room, and none that counts for the rate limit goes", () => {
    const plans = Array.from({ length: maxPlans }, (_, n) => plan(`p${n}`));
    plans[3] = plan("p3", { state: "verified", appliedAt: new Date(now - 60_000).toISOString() });
    expect(() => addPlan(plans, plan("new"), now)).toThrow("TF1722");
    addPlan(plans, plan("new"), now + 2000);
    expect(plans[0]?.id).toBe("p1");
  });
});

describe("the file of plans", () => {
  test("is its owner's alone, with its folder", async () => {
    await fileStore(join(folder, "deep")).change((plans) => plans.push(plan("a")));
    expect(await mode(join(folder, "deep", planFile))).toBe("600");
    expect(await mode(join(folder, "deep"))).toBe("700");
  });

  test.each([
    ["not JSON", "{"],
    ["something else", '{"plans":1}'],
    ["a list of something else", "[1]"],
    ["nothing", ""],
  ])("is %s: TF1722, and it is left as it is", async (_what, text) => {
    const file = join(folder, planFile);
    await writeFile(file, text);
    await expect(fileStore(folder).change((plans) => plans.push(plan("a")))).rejects.toMatchObject({
      code: "TF1722",
    });
    expect(await readFile(file, "utf8")).toBe(text);
  });

  test("another run holds it: TF1722 after a while", async () => {
    await writeFile(join(folder, `${planFile}.lock`), "1\n");
    await expect(fileStore(folder).change(() => 1)).rejects.toMatchObject({
      code: "TF1722",
      what: expect.stringContaining("another run holds it"),
    });
  });

  test("several processes at once: none is lost", async () => {
    const script = `
      import { fileStore } from ${JSON.stringify(join(import.meta.dirname, "../../../../aiops/kagent/plans/fileStore.ts"))};
      const store = fileStore(process.argv[1]);
      for (let n = 0; n < 10; n++) await store.change((plans) => plans.push({ id: "p" }));`;
    const run = () => promisify(execFile)(process.execPath, ["--input-type=module", "-e", script, folder]);
    await Promise.all([run(), run(), run()]);
    expect(await fileStore(folder).change((plans) => plans.length)).toBe(30);
  });
});

describe("the audit log", () => {
  const event = (caller: string) => ({ event: "propose" as const, caller, namespace: "todo-app" });
  const file = () => join(folder, "audit", "audit.jsonl");
  const lines = async () => (await readFile(file(), "utf8")).trimEnd().split("\n");

  test("grows by a line an event, each chained to the one before, over restarts", async () => {
    await Promise.all([1, 2, 3].map((n) => fileAudit(file()).record(event(`c${n}`))));
    const one = fileAudit(file());
    await Promise.all([one.record(event("a")), one.record(event("b"))]);
    expect(await lines()).toHaveLength(5);
    expect(brokenAt(await readFile(file(), "utf8"))).toBeUndefined();
    expect(await mode(file())).toBe("600");
  });

  test.each<[string, (all: string[]) => string[], number]>([
    ["changed", (all) => all.map((line, n) => (n === 1 ? line.replace("c2", "cx") : line)), 2],
    ["left out", (all) => all.filter((_line, n) => n !== 1), 2],
    ["put in", (all) => [all[0] ?? "", ...all], 2],
    ["moved", (all) => [all[1] ?? "", all[0] ?? "", all[2] ?? ""], 1],
    ["cut", (all) => all.map((line, n) => (n === 2 ? line.slice(0, 40) : line)), 3],
  ])("a line that was %s is found, and nothing more is written", async (_what, damage, at) => {
    const log = fileAudit(file());
    for (const caller of ["c1", "c2", "c3"]) await log.record(event(caller));
    const text = `${damage(await lines()).join("\n")}\n`;
    await writeFile(file(), text);
    expect(brokenAt(text)).toBe(at);
    await expect(fileAudit(file()).record(event("c4"))).rejects.toMatchObject({ code: "TF1723" });
    expect(await readFile(file(), "utf8")).toBe(text);
  });

  test("a place that can't be written is TF1723", async () => {
    await writeFile(join(folder, "plain"), "");
    await expect(fileAudit(join(folder, "plain", "x")).record(event("a"))).rejects.toMatchObject({
      code: "TF1723",
    });
  });

  test("handed on to a log that others write too, it can still be checked", async () => {
    const written: string[] = [];
    const add = (entry: AuditEntry) => written.push(JSON.stringify({ time: "now", level: "info", ...entry }));
    const start = async () => {
      const log = chainedAudit(add);
      await log.record(event("a"));
      await log.record(event("b"));
    };
    await start();
    written.push(JSON.stringify({ time: "now", event: "other" }));
    await start();
    expect(brokenAt(written.join("\n"), { shared: true })).toBeUndefined();
    written.splice(0, 1);
    expect(brokenAt(written.join("\n"), { shared: true })).toBe(1);
  });

  test("a log that fails keeps the event from taking effect, and the chain whole", async () => {
    const written: AuditEntry[] = [];
    let full = true;
    const log = chainedAudit((entry) => {
      if (full) throw new Error("ENOSPC");
      written.push(entry);
    });
    await expect(log.record(event("a"))).rejects.toMatchObject({ code: "TF1723" });
    full = false;
    await log.record(event("b"));
    expect(brokenAt(written.map((entry) => JSON.stringify(entry)).join("\n"))).toBeUndefined();
  });
});

describe("the approval key", () => {
  test("is made once, for its owner alone", async () => {
    const file = join(folder, "key");
    const [one, two] = await Promise.all([approvalKey(file), approvalKey(file)]);
    expect(one).toEqual(two);
    expect(one).toHaveLength(32);
    expect(await mode(file)).toBe("600");
    expect(await readApprovalKey(join(folder, "none"))).toBeUndefined();
  });
  test("a file with something else is refused", async () => {
    const file = join(folder, "key");
    await writeFile(file, "short\n");
    await expect(approvalKey(file)).rejects.toThrow("holds no key");
  });
});
