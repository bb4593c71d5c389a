import type { InfiniteData } from "@tanstack/react-query";
import type { Task, TaskPage } from "./types";

/** The loaded part of the list: pages as they came, each with the cursor that asked for it. */
export type Pages = InfiniteData<TaskPage, unknown>;

/** Every loaded task, in the list's order. */
export function allTasks(pages: Pages | undefined): Task[] {
  return pages?.pages.flatMap((page) => page.items) ?? [];
}

/** Puts a task at `index` of the whole list; the top by default. */
export function insertTask(pages: Pages, task: Task, index = 0): Pages {
  let rest = index;
  let placed = false;
  return mapItems(pages, (items, last) => {
    if (placed) return items;
    if (rest <= items.length || last) {
      placed = true;
      return items.toSpliced(rest, 0, task);
    }
    rest -= items.length;
    return items;
  });
}

/** Replaces the task with this id by what `change` makes of it. */
export function updateTask(pages: Pages, id: string, change: (task: Task) => Task): Pages {
  return mapItems(pages, (items) => items.map((task) => (task.id === id ? change(task) : task)));
}

export function removeTask(pages: Pages, id: string): Pages {
  return mapItems(pages, (items) => items.filter((task) => task.id !== id));
}

function mapItems(pages: Pages, change: (items: Task[], last: boolean) => Task[]): Pages {
  return {
    ...pages,
    pages: pages.pages.map((page, index) => ({
      ...page,
      items: change(page.items, index === pages.pages.length - 1),
    })),
  };
}
