import { describe, expect, test } from "vitest";
import { Busy, Gate, RateLimit } from "../../../../aiops/kagent/mcp/limits.ts";

describe("RateLimit", () => {
  test("gives each key its share, and it back as time goes on", () => {
    let now = 0;
    const limit = new RateLimit(60, () => now);
    for (let n = 0; n < 60; n++) expect(limit.take("a")).toBe(0);
    expect(limit.spent("a")).toBe(true);
    expect(limit.take("a")).toBe(1);
    expect(limit.take("b")).toBe(0);
    now += 1_000;
    expect(limit.take("a")).toBe(0);
    expect(limit.take("a")).toBe(1);
    now += 3_600_000;
    for (let n = 0; n < 60; n++) expect(limit.take("a")).toBe(0);
    expect(limit.take("a")).toBeGreaterThan(0);
  });

  test("a flood of keys does not free the one that is spent and still asks", () => {
    const limit = new RateLimit(1, () => 0);
    limit.take("a");
    for (let n = 0; n < 5000; n++) {
      limit.take(`key${n}`);
      if (n % 100 === 0) expect(limit.take("a")).toBeGreaterThan(0);
    }
  });
});

describe("Gate", () => {
  const never = new AbortController().signal;
  const held = () => {
    let free = () => {};
    const work = () => new Promise<void>((resolve) => (free = resolve));
    return { work, free: () => free() };
  };

  test("runs so many at once, the next in turn, and no more than the queue holds", async () => {
    const gate = new Gate(1, 1);
    const [first, second] = [held(), held()];
    const running = gate.run(never, first.work);
    let begun = false;
    const waiting = gate.run(never, () => {
      begun = true;
      return second.work();
    });
    await expect(gate.run(never, async () => {})).rejects.toThrow(Busy);
    expect(begun).toBe(false);
    first.free();
    await running;
    await expect.poll(() => begun).toBe(true);
    second.free();
    await waiting;
    await gate.run(never, async () => {});
  });

  test("who gives up while waiting leaves the queue, and work that fails leaves its place", async () => {
    const gate = new Gate(1, 1);
    const first = held();
    const running = gate.run(never, first.work);
    const controller = new AbortController();
    const waiting = gate.run(controller.signal, async () => {});
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    const next = gate.run(never, () => Promise.reject(new Error("broken")));
    first.free();
    await running;
    await expect(next).rejects.toThrow("broken");
    await gate.run(never, async () => {});
  });
});
