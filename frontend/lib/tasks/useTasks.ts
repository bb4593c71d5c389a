import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { ApiError, changeTask, createTask, deleteTask, listTasks } from "./api";
import { allTasks, insertTask, type Pages, removeTask, updateTask } from "./pages";
import type { Task, TaskChange, TaskPage } from "./types";

const key = ["tasks"] as const;
const temporary = "new-";
let created = 0;

export interface TasksOptions {
  /** The first page where the server already has it; null where it could not get it. */
  firstPage: TaskPage | null;
  /** Told of each change that failed and was taken back, with a sentence. */
  onFailure: (message: string) => void;
  /** The session is over. */
  onSignedOut: () => void;
}

/** Whether the server knows this task yet. */
export function isSaved(task: Task): boolean {
  return !task.id.startsWith(temporary);
}

/**
 * The user's tasks and what can be done to them. A change shows at once; where the server refuses it, exactly
 * that change is taken back, so that others made in the meantime stay.
 */
export function useTasks({ firstPage, onFailure, onSignedOut }: TasksOptions) {
  const client = useQueryClient();

  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => listTasks(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    initialData: firstPage ? { pages: [firstPage], pageParams: [null] } : undefined,
    retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status < 500),
  });

  const edit = (change: (pages: Pages) => Pages): void => {
    client.setQueryData<Pages>(key, (pages) => pages && change(pages));
  };
  const failed = (error: unknown): void => {
    if (error instanceof ApiError && error.status === 401) onSignedOut();
    else onFailure(error instanceof Error ? error.message : "Something went wrong. Try again in a moment.");
  };
  const shared = {
    mutationKey: key,
    onSettled: () => {
      // The last of several changes asks for the truth; an earlier one would bring back what is still on its way.
      if (client.isMutating({ mutationKey: key }) === 1) void client.invalidateQueries({ queryKey: key });
    },
  };

  const add = useMutation({
    ...shared,
    mutationFn: ({ title }: { title: string }) => createTask(title),
    onMutate: async ({ title }) => {
      await client.cancelQueries({ queryKey: key });
      const task = newTask(title);
      edit((pages) => insertTask(pages, task));
      return { id: task.id };
    },
    onSuccess: (saved, _change, { id }) => edit((pages) => updateTask(pages, id, () => saved)),
    onError: (error, _change, context) => {
      if (context) edit((pages) => removeTask(pages, context.id));
      failed(error);
    },
  });

  const change = useMutation({
    ...shared,
    mutationFn: ({ task, to }: { task: Task; to: TaskChange }) => changeTask(task.id, to),
    onMutate: async ({ task, to }) => {
      await client.cancelQueries({ queryKey: key });
      edit((pages) => updateTask(pages, task.id, (now) => ({ ...now, ...to })));
    },
    onSuccess: (saved) => edit((pages) => updateTask(pages, saved.id, () => saved)),
    onError: (error, { task, to }) => {
      edit((pages) => updateTask(pages, task.id, (now) => ({ ...now, ...valuesBefore(task, to) })));
      failed(error);
    },
  });

  const remove = useMutation({
    ...shared,
    mutationFn: ({ task }: { task: Task }) => deleteTask(task.id),
    onMutate: async ({ task }) => {
      await client.cancelQueries({ queryKey: key });
      const index = allTasks(client.getQueryData<Pages>(key)).findIndex(({ id }) => id === task.id);
      edit((pages) => removeTask(pages, task.id));
      return { index };
    },
    onError: (error, { task }, context) => {
      // Already gone is what was wanted.
      if (error instanceof ApiError && error.status === 404) return;
      if (context) edit((pages) => insertTask(pages, task, Math.max(0, context.index)));
      failed(error);
    },
  });

  return {
    tasks: allTasks(query.data),
    /** Null while there is a list to show. */
    loadError: query.data === undefined ? query.error : null,
    loading: query.isPending,
    reload: () => void query.refetch(),
    hasMore: query.hasNextPage,
    loadingMore: query.isFetchingNextPage,
    loadMore: () => void query.fetchNextPage(),
    /** Resolves to whether the server took it. */
    add: (title: string) => settles(add.mutateAsync({ title })),
    change: (task: Task, to: TaskChange) => settles(change.mutateAsync({ task, to })),
    remove: (task: Task) => settles(remove.mutateAsync({ task })),
  };
}

function newTask(title: string): Task {
  const now = new Date().toISOString();
  // Not a UUID: browsers make those only on https and localhost.
  created += 1;
  return {
    id: `${temporary}${created}`,
    title,
    notes: null,
    completed: false,
    createdAt: now,
    updatedAt: now,
    completedAt: null,
  };
}

/** What the changed fields were before. */
function valuesBefore(task: Task, change: TaskChange): TaskChange {
  return Object.fromEntries(
    (Object.keys(change) as (keyof TaskChange)[]).map((field) => [field, task[field]]),
  );
}

async function settles(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch {
    return false;
  }
}
