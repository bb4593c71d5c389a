import { describe, expect, test } from "vitest";
import { cut, oneLine, seconds, wrap } from "../../../../cli/ui/text.ts";

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

test("cut shortens only what is too long", () => {
  expect(cut("12345", 5)).toBe("12345");
  expect(cut("123456", 5)).toBe("1234…");
});

test("wrap breaks at spaces and keeps long words whole", () => {
  expect(wrap("aa bb cc", 5)).toEqual(["aa bb", "cc"]);
  expect(wrap("a bbbbbbbbbb c", 4)).toEqual(["a", "bbbbbbbbbb", "c"]);
  expect(wrap("", 10)).toEqual([]);
});
