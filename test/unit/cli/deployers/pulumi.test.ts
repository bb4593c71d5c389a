/** The texts are Pulumi 3.259's own, from runs of a small program, with --non-interactive and --color never. */
import { describe, expect, test } from "vitest";
import { codes } from "../../../../aiops/kagent/codes/index.ts";
import {
  changes,
  lockHolders,
  programError,
  resourceLine,
  startsRollout,
  summary,
} from "../../../../cli/deployers/pulumi.ts";

const up = `Updating (dev):

@ updating....
 +  pulumi:pulumi:Stack try24-dev creating (0s) 
 +  random:index:RandomPassword pw created (0.25s) 
Outputs:
    node   : "v24.21.0"
    pw     : [secret]

Resources:
    + 4 created

Duration: 5s

`;
const unchanged = `Previewing update (dev):

@ previewing update......
    pulumi:pulumi:Stack try24-dev  
Resources:
    4 unchanged

`;
const destroyed = `Resources:
    - 4 deleted

Duration: 2s

The resources in the stack have been deleted, but the history and configuration associated with the stack are still maintained. 
If you want to remove the stack completely, run \`pulumi stack rm dev\`.
`;
const mixed = "Resources:\n    + 1 to create\n    ~ 2 to update\n    3 changes. 9 unchanged\n";

describe("resourceLine", () => {
  test.each([
    [" +  pulumi:pulumi:Stack try24-dev creating (0s) ", "Stack try24-dev creating (0s)"],
    [" +  random:index:RandomPassword pw created (0.25s) ", "RandomPassword pw created (0.25s)"],
    [" -  pulumi-nodejs:dynamic:Resource note deleted (0.01s) ", "Resource note deleted (0.01s)"],
    [" ~  random:index:RandomPet pet refreshing (0s) ", "RandomPet pet refreshing (0s)"],
    [
      " ~  kubernetes:apps/v1:Deployment todo-app/backend updating (0s) [diff: ~spec]",
      "Deployment todo-app/backend updating (0s) [diff: ~spec]",
    ],
  ])("%s", (line, told) => expect(resourceLine(line)).toBe(told));

  test.each(["@ updating....", "    pulumi:pulumi:Stack try24-dev  ", "Resources:", "    + 4 created", ""])(
    "nothing to tell: %s",
    (line) => expect(resourceLine(line)).toBeUndefined(),
  );
});

describe("startsRollout", () => {
  test.each([
    " +  kubernetes:apps/v1:Deployment todo-app/backend creating (0s) ",
    " ~  kubernetes:apps/v1:Deployment todo-app/frontend updating (0s) [diff: ~spec]",
    " +  kubernetes:helm.sh/v3:Release todo-local creating (0s) ",
  ])("%s", (line) => expect(startsRollout(line)).toBe(true));

  test.each([
    " ~  kubernetes:apps/v1:Deployment todo-app/backend refreshing (0s) ",
    "    kubernetes:apps/v1:Deployment todo-app/backend  ",
    " +  kubernetes:core/v1:Service todo-app/backend-service creating (0s) ",
    " +  kubernetes:helm.sh/v4:Chart todo-local creating (0s) ",
  ])("not: %s", (line) => expect(startsRollout(line)).toBe(false));
});

describe("summary and changes", () => {
  test("only the counts, on one line", () => {
    expect(summary(up)).toBe("+ 4 created");
    expect(summary(unchanged)).toBe("4 unchanged");
    expect(summary(mixed)).toBe("+ 1 to create, ~ 2 to update, 3 changes. 9 unchanged");
    expect(summary(destroyed)).toBe("- 4 deleted");
  });

  test("nothing but unchanged resources is no change, whatever else is said", () => {
    expect(changes(unchanged)).toBe("");
    expect(changes(`${unchanged}Duration: 2s\n\nsomething was deleted\n`)).toBe("");
  });

  test.each([up, mixed, destroyed])("a change is shown in full", (text) =>
    expect(changes(text)).toBe(text.trim()),
  );

  test("an output without counts is never taken for no change", () => {
    expect(changes("warning: something else\n")).toBe("warning: something else");
  });
});

describe("lockHolders", () => {
  test("every lock that the message names", () => {
    const output = `error: the stack is currently locked by 2 lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.
  file:///home/ada/taskflow/.taskflow/pulumi/.pulumi/locks/organization/taskflow/dev/1.json: created by ada@laptop (pid 4711) at 2026-11-23T18:00:00Z
  file:///home/ada/taskflow/.taskflow/pulumi/.pulumi/locks/organization/taskflow/dev/2.json: created by grace@desk.example.com (pid 12) at 2026-11-23T18:01:00Z`;
    expect(lockHolders(output)).toEqual([
      { host: "laptop", pid: 4711 },
      { host: "desk.example.com", pid: 12 },
    ]);
    expect(lockHolders(up)).toEqual([]);
  });
});

describe("programError", () => {
  const told = `TF1001 ${codes.TF1001.title}: the configuration of stack dev has 1 problem`;
  const output = `    pulumi:pulumi:Stack taskflow-dev running error: ${told}
Diagnostics:
  pulumi:pulumi:Stack (taskflow-dev):
    error: ${told}
      taskflow:hostPort: Invalid input
    mend it:
      pulumi config set --stack dev taskflow:hostPort 3000

Resources:
    4 unchanged
`;

  test("keeps the program's code, what happened and the mending command", () => {
    const error = programError(output);
    expect(error).toMatchObject({ code: "TF1001", what: "the configuration of stack dev has 1 problem" });
    expect(error?.detail).toEqual(["taskflow:hostPort: Invalid input"]);
    expect(error?.fix).toEqual(["pulumi config set --stack dev taskflow:hostPort 3000"]);
  });

  test("a code without mending lines has its registry's", () => {
    const error = programError(`error: TF1101 ${codes.TF1101.title}: no socket\n\nResources:\n`);
    expect(error).toMatchObject({ code: "TF1101", what: "no socket" });
    expect(error?.fix).toContain("npm run doctor");
  });

  test("leaves everything else to others", () => {
    expect(programError("error: TF9999 something: else\n")).toBeUndefined();
    expect(programError("error: TF1101 in passing: no title of ours\n")).toBeUndefined();
    expect(programError(up)).toBeUndefined();
  });
});
