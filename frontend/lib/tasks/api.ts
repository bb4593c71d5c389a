import type { Task, TaskChange, TaskPage } from "./types";

/** A call that failed. `message` is a sentence for the person at the screen; status 0 means no answer at all. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
  }
}

/** One page of the user's tasks, newest first. */
export function listTasks(cursor: string | null, signal?: AbortSignal): Promise<TaskPage> {
  const query = cursor === null ? "" : `?${new URLSearchParams({ cursor })}`;
  return call<TaskPage>("GET", `tasks${query}`, { signal });
}

export function createTask(title: string): Promise<Task> {
  return call<Task>("POST", "tasks", { body: { title } });
}

export function changeTask(id: string, change: TaskChange): Promise<Task> {
  return call<Task>("PATCH", `tasks/${id}`, { body: change });
}

export async function deleteTask(id: string): Promise<void> {
  await call<undefined>("DELETE", `tasks/${id}`);
}

interface CallOptions {
  body?: unknown;
  signal?: AbortSignal;
}

async function call<T>(method: string, path: string, { body, signal }: CallOptions = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api/v1/${path}`, {
      method,
      signal,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "TaskFlow can't be reached. Check your connection and try again.");
  }
  if (!response.ok) throw new ApiError(response.status, await sentence(response));
  return (response.status === 204 ? undefined : await response.json()) as T;
}

const sentences: Readonly<Record<number, string>> = {
  401: "Your session has ended. Sign in again.",
  404: "That task no longer exists.",
  429: "That was a little fast. Wait a moment and try again.",
};

async function sentence(response: Response): Promise<string> {
  const known = sentences[response.status];
  if (known) return known;
  if (response.headers.get("content-type")?.startsWith("application/problem+json")) {
    const { detail } = (await response.json().catch(() => ({}))) as { detail?: unknown };
    if (typeof detail === "string" && detail) return detail;
  }
  return `Something went wrong on our side (HTTP ${response.status}). Try again in a moment.`;
}
