import { expect, it } from "vitest";
import { allTasks, insertTask, type Pages, removeTask, updateTask } from "@/lib/tasks/pages";
import { task } from "../../fixtures/tasks";

const pages: Pages = {
  pages: [
    { items: [task("a"), task("b")], nextCursor: "more" },
    { items: [task("c")], nextCursor: null },
  ],
  pageParams: [null, "more"],
};

const ids = (of: Pages) => of.pages.map((page) => page.items.map(({ id }) => id));

it("puts a new task on top", () => {
  expect(ids(insertTask(pages, task("x")))).toEqual([["x", "a", "b"], ["c"]]);
});

it.each([
  [1, [["a", "x", "b"], ["c"]]],
  [2, [["a", "b", "x"], ["c"]]],
  [
    3,
    [
      ["a", "b"],
      ["c", "x"],
    ],
  ],
  [
    9,
    [
      ["a", "b"],
      ["c", "x"],
    ],
  ],
])("puts a task back at place %i", (index, expected) => {
  expect(ids(insertTask(pages, task("x"), index))).toEqual(expected);
});

it("takes a task out of its page", () => {
  expect(ids(removeTask(pages, "c"))).toEqual([["a", "b"], []]);
});

it("changes one task and leaves the rest, and the old list, as they were", () => {
  const changed = updateTask(pages, "b", (old) => ({ ...old, title: "new" }));
  expect(allTasks(changed).map(({ title }) => title)).toEqual(["Task a", "new", "Task c"]);
  expect(allTasks(pages).map(({ title }) => title)).toEqual(["Task a", "Task b", "Task c"]);
});
