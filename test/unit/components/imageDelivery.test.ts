import { describe, expect, test } from "vitest";
import { outdated } from "../../../components/imageDelivery.ts";

const tag = (digit: string) => `todo-backend:v1.0.0-${digit.repeat(12)}`;
const newestFirst = ["d", "c", "b", "a"].map(tag);

describe("outdated", () => {
  test("keeps the newest, the current one among them", () => {
    expect(outdated(newestFirst, tag("d"), 3)).toEqual([tag("a")]);
    expect(outdated(newestFirst, tag("d"), 1)).toEqual([tag("c"), tag("b"), tag("a")]);
  });

  test("keeps the current one, however old it is", () => {
    expect(outdated(newestFirst, tag("a"), 2)).toEqual([tag("c"), tag("b")]);
    expect(outdated(newestFirst, tag("a"), 1)).not.toContain(tag("a"));
  });

  test("counts and removes content tags only", () => {
    const others = ["todo-backend:local", "todo-backend:v1.0.0", "todo-backend:mine", "todo-backend:<none>"];
    expect(outdated([...others, ...newestFirst], tag("d"), 4)).toEqual([]);
    expect(outdated([...others, ...newestFirst], tag("d"), 2)).toEqual([tag("b"), tag("a")]);
  });
});
