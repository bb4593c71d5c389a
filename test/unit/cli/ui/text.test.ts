import { describe, expect, test } from "vitest";
import { chunks, oneLine, seconds, wrap } from "../../../../cli/ui/text.ts";

describe("seconds", () => {
  test.each([
    [0, "0.0s"],
    [12_340, "12.3s"],
    [59_949, "59.9s"],
    [59_950, "1m00s"],
    [75_400, "1m15s"],
    [3_725_000, "62m05s"],
  ])("%i ms is %s", (milliseconds, shown) => expect(seconds(milliseconds)).toBe(shown));
});

describe("oneLine", () => {
  test("takes escape sequences away", () => {
    expect(oneLine("\u001b[31mred\u001b[0m \u001b]8;;http://x\u0007link\u001b]8;;\u0007")).toBe("red link");
  });
  test("makes one line of several and drops control characters", () => {
    expect(oneLine("a\r\nb\u0000c\u2028d")).toBe("a b c d");
  });
  test("does not let text be turned round", () => expect(oneLine("safe\u202Eevil")).toBe("safe evil"));
});

test("chunks keeps the beginning and the end of a long line", () => {
  expect(chunks("12345", 5)).toEqual(["12345"]);
  expect(chunks("1234567890abc", 5)).toEqual(["12345", "67890", "abc"]);
  expect(chunks("12345-a-lot-of-words-the reason", 5)).toEqual(["12345", "… e r", "eason"]);
  expect(chunks("", 5)).toEqual([]);
});

test("wrap breaks at spaces and keeps long words whole", () => {
  expect(wrap("aa bb cc", 5)).toEqual(["aa bb", "cc"]);
  expect(wrap("a bbbbbbbbbb c", 4)).toEqual(["a", "bbbbbbbbbb", "c"]);
  expect(wrap("", 10)).toEqual([]);
});
