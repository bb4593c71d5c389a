import { callBackend } from "../backend";
import { errorFields, log } from "../log";
import type { TaskPage } from "./types";

/** Milliseconds that the page waits; then it is sent without tasks, and the browser asks for them. */
const TIMEOUT_MS = 2_000;

/** The user's first page of tasks, or null where the backend does not give it. */
export async function firstPageOf(userId: string): Promise<TaskPage | null> {
  const requestId = crypto.randomUUID();
  try {
    const response = await callBackend({
      path: "tasks",
      userId,
      requestId,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.ok) return (await response.json()) as TaskPage;
    await response.body?.cancel();
    log("warn", "The first page of tasks was refused.", { requestId, status: response.status });
  } catch (error) {
    log("warn", "The first page of tasks did not come.", { requestId, ...errorFields(error) });
  }
  return null;
}
