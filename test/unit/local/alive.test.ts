import { spawn } from "node:child_process";
import { once } from "node:events";
import { platform } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { alive } from "../../../local/alive.ts";

test("a process that runs is alive, one that was waited for is not", async () => {
  expect(alive(process.pid)).toBe(true);
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(child, "exit");
  expect(alive(child.pid as number)).toBe(false);
});

test.skipIf(platform() !== "linux")("one that ended and that nobody waited for is not", async () => {
  // The shell becomes a program that knows of no child.
  const parent = spawn("sh", ["-c", "sleep 0.2 & echo $!; exec sleep 30"]);
  try {
    const [line] = await once(parent.stdout, "data");
    const pid = Number(line);
    expect(alive(pid)).toBe(true);
    while (alive(pid)) await sleep(50);
    // Its number is still taken.
    expect(() => process.kill(pid, 0)).not.toThrow();
  } finally {
    parent.kill();
  }
});
