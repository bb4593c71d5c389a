// Starts everything `npm run ...` and `npm test` do. Plain JavaScript without dependencies, for any Node from 18 up:
// installs the packages once (again only when the lockfile changes), then hands over to the Node that the repo brings.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));
const modules = join(root, "node_modules");
const stamp = join(modules, ".taskflow-installed");
const ownNode = join(modules, "node", "bin", process.platform === "win32" ? "node.exe" : "node");

function stop(message, mend) {
  console.error(`✗ ${message}\n  mend it: ${mend}`);
  process.exit(3);
}

if (Number(process.versions.node.split(".")[0]) < 18) {
  stop(
    `Node ${process.versions.node} is too old to start TaskFlow; it needs 18 or newer`,
    "install a current Node.js, e.g. with nvm: nvm install 24",
  );
}

const wanted = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .update(`${process.platform}-${process.arch}`)
  .digest("hex");

if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted || !existsSync(ownNode)) install();

function install() {
  console.error("Installing the project's packages (once; about a minute) ...");
  // npm tells its own path to the scripts it runs; started as `node bootstrap.mjs` there is only the one on PATH.
  const npm = process.env.npm_execpath?.endsWith(".js")
    ? [process.execPath, process.env.npm_execpath]
    : [process.platform === "win32" ? "npm.cmd" : "npm"];
  const ci = spawnSync(npm[0], [...npm.slice(1), "ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (ci.status !== 0)
    stop(
      `npm ci failed (exit ${ci.status ?? ci.error?.code})`,
      "check the network or the npm registry's settings, then run the same command again",
    );
  if (!existsSync(ownNode)) {
    // The package `node` fetches its binary in an install script, which npm leaves out under some settings.
    spawnSync(process.execPath, ["installArchSpecificPackage.js"], {
      cwd: join(modules, "node"),
      stdio: ["ignore", 2, 2],
    });
    if (!existsSync(ownNode))
      stop("the npm package `node` did not bring its binary", "npm rebuild node --foreground-scripts");
  }
  writeFileSync(stamp, wanted);
}

const [first, ...rest] = process.argv.slice(2);
const script = first === "--run" ? rest.shift() : "cli/main.ts";
const args = first === "--run" ? rest : process.argv.slice(2);
// Compiled code is kept between runs, so that a verb that changes nothing starts quickly.
const compileCache = join(root, ".taskflow", "node-compile-cache");
mkdirSync(compileCache, { recursive: true });
// Pulumi wants the folder of its local state to be there.
mkdirSync(join(root, ".taskflow", "pulumi"), { recursive: true });

const child = spawn(ownNode, ["--disable-warning=ExperimentalWarning", join(root, script), ...args], {
  cwd: root,
  stdio: "inherit",
  env: {
    ...process.env,
    // Children (Pulumi's language host among them) find the repo's Node and tools first.
    PATH: [dirname(ownNode), join(modules, ".bin"), process.env.PATH].join(
      process.platform === "win32" ? ";" : ":",
    ),
    NODE_COMPILE_CACHE: compileCache,
    // Node's own fetch follows HTTPS_PROXY only when it is told to.
    NODE_USE_ENV_PROXY: process.env.NODE_USE_ENV_PROXY ?? "1",
  },
});
// The terminal sends Ctrl-C to the whole group: the child decides how to end, this process waits for it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
  process.on(signal, () => signal !== "SIGINT" && child.kill(signal));
// Died of a signal: 128 + its number, as shells have it (130 Ctrl-C, 143 SIGTERM).
child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
child.on("error", (error) =>
  stop(`cannot start ${ownNode}: ${error.message}`, "rm -rf node_modules, then run the same command again"),
);
