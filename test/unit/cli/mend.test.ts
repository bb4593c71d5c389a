/** Mending at the terminal: what is asked, what a no means, and the page of a plan that somebody else passed on. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { planView } from "../../../aiops/kagent/plans/index.ts";
import { pageText, readPage } from "../../../aiops/kagent/plans/page.ts";
import { candidates, listAll, type Mending, mendAll } from "../../../cli/mend.ts";
import { crash, mends, namespace, propose, requester, type World, world } from "../aiops/plans/world.ts";

const restart = { action: "rolloutRestart", deployment: "backend" } as const;
const undo = { action: "rolloutUndo", deployment: "backend" } as const;
const impossible = { action: "scale", deployment: "backend", replicas: 7 } as const;

let made: World;
let said: string[];
let mending: Mending;
beforeEach(async () => {
  made = await world();
  said = [];
  made.findings = [{ ...crash, proposals: [impossible, restart, undo] }];
  mending = {
    desk: made.desk,
    requester,
    namespace,
    look: async () => made.findings,
    say: (text) => said.push(text),
  };
});
afterEach(() => made.api.stop());

test("the same change proposed twice is there once", () => {
  const findings = [
    { ...crash, proposals: [restart] },
    { ...crash, code: "TF1507" as const, proposals: [{ ...restart }, undo] },
  ];
  expect(candidates(findings).map(({ proposal }) => proposal.action)).toEqual([
    "rolloutRestart",
    "rolloutUndo",
  ]);
});

test("no to each: nothing is changed, each is asked once, the impossible is said", async () => {
  const questions: string[] = [];
  const left = await mendAll(mending, async (question) => {
    questions.push(question);
    return false;
  });
  expect(questions).toHaveLength(2);
  expect(left).toEqual(made.findings);
  expect(made.api.writes).toEqual([]);
  expect(said.join("\n")).toContain("not possible, TF1711");
  expect(made.log.filter(({ code }) => code === "TF1714")).toHaveLength(2);
});

test("yes: it is applied and verified, and then nothing is left to ask", async () => {
  mends(made);
  let asked = 0;
  const left = await mendAll(mending, async () => ++asked === 1);
  expect(asked).toBe(1);
  expect(left).toEqual([]);
  expect(made.api.writes).toHaveLength(1);
  expect(said.at(-1)).toContain("✓ mended");
});

test("what does not help is undone, and the next one is asked about", async () => {
  const answers = [true, false];
  await mendAll(mending, async () => answers.shift() ?? false);
  expect(said.join("\n")).toContain("✗ TF1719");
  expect(answers).toEqual([]);
  expect(made.api.writes).toHaveLength(2);
});

test("listing changes nothing", async () => {
  const plans = await listAll(mending, made.findings);
  expect(plans.map(({ proposal }) => proposal.action)).toEqual(["rolloutRestart", "rolloutUndo"]);
  expect(made.api.writes).toEqual([]);
});

describe("the page of a plan", () => {
  const page = async () => JSON.parse(JSON.stringify(planView(await propose(made, undo))));

  test("as the tool gave it, or as its content alone", async () => {
    const view = await page();
    expect(readPage(JSON.stringify(view)).hash).toBe(view.hash);
    expect(readPage(JSON.stringify({ content: [], structuredContent: view })).hash).toBe(view.hash);
  });

  test("altered in anything that is shown: TF1703", async () => {
    const view = await page();
    const [first, ...rest] = view.diff;
    for (const change of [
      { namespace: "other" },
      { proposal: restart },
      { diff: rest },
      { diff: [{ ...first, after: "harmless" }, ...rest] },
      { finding: { ...view.finding, code: "TF1505" } },
      { target: { ...view.target, name: "frontend" } },
      { hash: "0".repeat(64) },
    ]) {
      expect(() => readPage(JSON.stringify({ ...view, ...change }))).toThrow("TF1703");
    }
  });

  test.each(["", "{", "null", "[]", '{"structuredContent":1}'])("%j is none", (json) => {
    expect(() => readPage(json)).toThrow("TF1703");
  });

  test("moves no cursor", async () => {
    const view = await page();
    view.diff[0].after = "\u001b[2J\u001b[1;1Hnothing\u202e";
    for (const sign of ["\u001b", "\u202e"]) expect(pageText(view)).not.toContain(sign);
    expect(pageText(view)).toContain("nothing");
  });
});
