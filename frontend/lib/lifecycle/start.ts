import { disconnectDatabase } from "../database";
import { EnvError, env } from "../env";
import { errorFields, log, takeOverConsole } from "../log";
import { HttpDrain } from "./drain";

/** Exit code of a process whose environment is wrong (EX_CONFIG of sysexits). */
const EXIT_CONFIG = 78;

/** Milliseconds from SIGTERM until what is unfinished is cut off; below the chart's grace period of 30 s. */
const DRAIN_DEADLINE_MS = 20_000;

/** Runs once, before the first request is answered: checks the environment and prepares the end. */
export function start(): void {
  try {
    env();
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    log("error", "The environment is not usable; nothing was started.", { problems: error.problems });
    process.exit(EXIT_CONFIG);
  }
  // `next dev` has signals and a console of its own; the image and `npm start` leave both to us.
  if (process.env.NEXT_MANUAL_SIG_HANDLE) {
    takeOverConsole();
    stopOnSignals(new HttpDrain());
  }
  log("info", "TaskFlow's frontend is starting.", { node: process.version });
}

function stopOnSignals(drain: HttpDrain): void {
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    log("info", "Stopping: finishing what was begun.", { signal });
    const { cutOff } = await drain.drain(DRAIN_DEADLINE_MS);
    try {
      await disconnectDatabase();
    } catch (error) {
      log("warn", "The database connections did not close.", errorFields(error));
    }
    log(cutOff > 0 ? "warn" : "info", "Stopped.", { cutOff });
    process.exit(0);
  };
  // Once: a second signal ends the process the usual way, for whoever will not wait.
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}
