/** A user of the app without a browser. */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

/** An account of its own, with its session. Signs up through the app. */
export async function signUp(url: string): Promise<{ userId: string; headers: Record<string, string> }> {
  const mark = createHash("sha256").update(`${Date.now()}${Math.random()}`).digest("hex").slice(0, 12);
  const response = await fetch(`${url}/api/auth/sign-up/email`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Origin: url },
    body: JSON.stringify({ name: "Load", email: `load-${mark}@example.com`, password: `password-${mark}` }),
  });
  if (!response.ok) throw new Error(`sign-up: ${response.status} ${await response.text()}`);
  const { user } = (await response.json()) as { user: { id: string } };
  const cookie = response.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
  return { userId: user.id, headers: { Cookie: cookie, Origin: url } };
}

/** Adds a task and finds it in the list: through the frontend and the backend, to the database and back. */
export async function addTask(url: string, headers: Record<string, string>, title: string): Promise<void> {
  const ask = async (init: RequestInit) => {
    const response = await fetch(`${url}/api/v1/tasks`, { ...init, signal: AbortSignal.timeout(10_000) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${init.method} tasks: ${response.status} ${text}`);
    return JSON.parse(text);
  };
  const json = { ...headers, "Content-Type": "application/json" };
  const { id } = await ask({ method: "POST", headers: json, body: JSON.stringify({ title }) });
  const { items } = await ask({ method: "GET", headers });
  if (!items.some((task: { id: string }) => task.id === id)) throw new Error(`${title} is not in the list`);
}

/** Adds tasks one after the other while `meanwhile` lasts; how many, and what went wrong. */
export async function addTasksWhile(
  url: string,
  headers: Record<string, string>,
  meanwhile: Promise<unknown>,
): Promise<{ added: number; failures: string[] }> {
  let over = false;
  void meanwhile
    .catch(() => {})
    .finally(() => {
      over = true;
    });
  const failures: string[] = [];
  let added = 0;
  for (let number = 1; !over; number++) {
    await addTask(url, headers, `task ${number}`).then(
      () => added++,
      (error: Error) => failures.push(error.message),
    );
    await sleep(100);
  }
  return { added, failures };
}
