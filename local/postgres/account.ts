/** Who runs PostgreSQL: this user; for root, which PostgreSQL refuses to run as, the account `nobody`. */
import { join } from "node:path";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { checkoutId } from "../paths.ts";
import { run } from "../run.ts";

export const isRoot = process.getuid?.() === 0;

/**
 * Root's place for this checkout's database and its programs. The checkout itself may lie in root's home directory,
 * where no other account gets in.
 */
export const rootHome = join("/var/lib/taskflow", checkoutId);

/** Numeric user and group to hand to `run`; empty for "this user". */
export type Account = { uid: number; gid: number } | Record<string, never>;

/**
 * initdb insists on an account that has a name, so a bare number from the dynamic range will not do; `nobody` is
 * on every system, and making an account of our own would leave something behind.
 */
export async function serverAccount(): Promise<Account> {
  if (!isRoot) return {};
  const [uid, gid] = await Promise.all([run("id", ["-u", "nobody"]), run("id", ["-g", "nobody"])]);
  if (uid.failed || gid.failed) {
    throw new TaskFlowError("TF1402", {
      what: "PostgreSQL does not run as root, and this machine has no account `nobody` to run it as",
      detail: [uid.stderr],
    });
  }
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}
