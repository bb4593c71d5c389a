import { spawn } from "node:child_process";
import { once } from "node:events";
import { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Interrupted, interruptible } from "../../../../cli/ui/interrupt.ts";
import { PlainRenderer } from "../../../../cli/ui/plainRenderer.ts";
import { steps } from "../../../../cli/ui/steps.ts";

let lines: string[];
/** A stream that is no terminal. */
const out = {
  isTTY: false,
  write(text: string) {
    lines.push(...text.trimEnd().split("\n"));
    return true;
  },
} as unknown as NodeJS.WriteStream;

beforeEach(() => {
  lines = [];
});

const shown = (): string[] => lines.map((line) => line.replace(/\d+\.\ds/g, "Ns"));

test("plain lines, in order, with times and results", async () => {
  await steps(
    "Bring up",
    [
      { title: "Build images", run: async () => "both cached" },
      { title: "Start PostgreSQL", skip: () => "databaseUrl is configured", run: async () => {} },
      { title: "Deploy", run: async () => {} },
    ],
    { out },
  );
  expect(shown()).toEqual([
    "Bring up",
    "[Ns] … Build images",
    "[Ns] ✓ Build images: both cached (Ns)",
    "[Ns] … Start PostgreSQL",
    "[Ns] - Start PostgreSQL: databaseUrl is configured",
    "[Ns] … Deploy",
    "[Ns] ✓ Deploy (Ns)",
  ]);
});

test("progress: every line when verbose, cleaned", async () => {
  await steps(
    "x",
    [
      {
        title: "Build",
        run: async (report) => {
          report("\u001b[32mstep 1/9\u001b[0m");
          report("   ");
          report("step 2/9");
        },
      },
    ],
    { out, verbose: true },
  );
  expect(shown().slice(2, -1)).toEqual(["[Ns]   step 1/9", "[Ns]   step 2/9"]);
});

test("progress: at most one line each five seconds otherwise", () => {
  let time = 0;
  const written: string[] = [];
  type Listener = (value: string) => void;
  const listeners: Record<string, Listener> = {};
  const task = {
    title: "Build",
    message: {},
    on: (event: string, listener: Listener) => {
      listeners[event] = listener;
    },
  };
  const options = { write: (line: string) => written.push(line), verbose: false, now: () => time };
  new PlainRenderer([task as never], options).render();
  listeners.STATE?.("STARTED");
  for (time = 1_000; time <= 12_000; time += 1_000) listeners.OUTPUT?.(`at ${time / 1000}`);
  expect(written).toEqual(["[0.0s] … Build", "[5.0s]   at 5", "[10.0s]   at 10"]);
});

test("a failing step is marked, its own error comes through, later steps do not run", async () => {
  const failure = new Error("no space left");
  let later = false;
  const run = steps(
    "x",
    [
      { title: "Build", run: () => Promise.reject(failure) },
      {
        title: "Deploy",
        run: async () => {
          later = true;
        },
      },
    ],
    { out },
  );
  await expect(run).rejects.toBe(failure);
  expect(later).toBe(false);
  expect(shown().at(-1)).toBe("[Ns] ✗ Build (Ns)");
});

describe("on a terminal", () => {
  const wasTerminal = process.stdout.isTTY;
  afterEach(() => {
    process.stdout.isTTY = wasTerminal;
    vi.unstubAllEnvs();
  });

  test("the list is redrawn in place, with times, and the error's text is left to the error screen", async () => {
    process.stdout.isTTY = true;
    vi.stubEnv("CI", undefined);
    vi.stubEnv("TERM", "xterm");
    const screen: string[] = [];
    const terminal = Object.assign(
      new Writable({ write: (chunk, _, done) => done(void screen.push(`${chunk}`)) }),
      {
        isTTY: true,
        columns: 100,
        rows: 40,
      },
    ) as unknown as NodeJS.WriteStream;
    const list = [
      { title: "Build", run: async () => "cached" },
      { title: "Deploy", run: () => Promise.reject(new Error("no such host")) },
    ];
    await expect(steps("Up", list, { out: terminal })).rejects.toThrow("no such host");
    const text = stripVTControlCharacters(screen.join(""));
    expect(text).toMatch(/✔ Build: cached \[0\.\ds\]\n✖ Deploy\n$/);
    expect(text).not.toContain("no such host");
  });
});

describe("Ctrl-C", () => {
  test("aborts the step, waits for its clean-up, runs no other", async () => {
    const did: string[] = [];
    const run = steps(
      "x",
      [
        {
          title: "Build",
          run: async (_report, { signal }) => {
            const aborted = once(signal, "abort");
            process.emit("SIGINT", "SIGINT");
            await aborted;
            await new Promise(setImmediate);
            did.push("cleaned up");
            throw new Error("the build was killed");
          },
        },
        {
          title: "Deploy",
          run: async () => {
            did.push("deployed");
          },
        },
      ],
      { out },
    );
    await expect(run).rejects.toMatchObject({ name: "Interrupted", signal: "SIGINT" });
    expect(did).toEqual(["cleaned up"]);
    expect(lines).toContain("Stopping; Ctrl-C again ends at once.");
  });

  test("a step that ends well all the same does not let the next begin", async () => {
    let deployed = false;
    const run = steps(
      "x",
      [
        {
          title: "Build",
          run: async () => {
            process.emit("SIGTERM", "SIGTERM");
          },
        },
        {
          title: "Deploy",
          run: async () => {
            deployed = true;
          },
        },
      ],
      { out },
    );
    await expect(run).rejects.toBeInstanceOf(Interrupted);
    expect(deployed).toBe(false);
  });

  test("a second one ends at once", async () => {
    const exits: number[] = [];
    const work = interruptible(
      async () => {
        process.emit("SIGINT", "SIGINT");
        process.emit("SIGINT", "SIGINT");
      },
      { exit: (code) => exits.push(code) },
    );
    await expect(work).rejects.toBeInstanceOf(Interrupted);
    expect(exits).toEqual([130]);
  });

  test("leaves no listener behind", async () => {
    const before = process.listenerCount("SIGINT");
    await steps("x", [{ title: "a", run: async () => {} }], { out });
    expect(process.listenerCount("SIGINT")).toBe(before);
  });

  test("in a real process: clean-up runs, exit code 130", async () => {
    const script = fileURLToPath(new URL("./fixtures/longStep.ts", import.meta.url));
    const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (text.includes("working")) child.kill("SIGINT");
    });
    const [code] = await once(child, "close");
    expect(output).toContain("cleaned up");
    expect(code).toBe(130);
  });
});
