/** Where things live on a developer's machine. The one place that knows. */
import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The checkout this code belongs to. */
export const repoRoot = resolve(import.meta.dirname, "..");

/**
 * State of this checkout: kubeconfig, Pulumi's local backend, stamps, database credentials. Git ignores it;
 * `npm run clean` empties it.
 */
export const stateDir = join(repoRoot, ".taskflow");

/**
 * What any checkout on this machine can share because its name says its content: tools, built binaries.
 * `TASKFLOW_CACHE` moves it (an absolute path); default `$XDG_CACHE_HOME/taskflow` or `~/.cache/taskflow`.
 */
export const cacheDir =
  process.env.TASKFLOW_CACHE ?? join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "taskflow");

/** Eight hex digits that tell two checkouts on one machine apart (container, volume and network names). */
export const checkoutId = createHash("sha256").update(repoRoot).digest("hex").slice(0, 8);
