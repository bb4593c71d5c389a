import type { Instrumentation } from "next";

/** Called by Next.js once, when the server starts. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME === "nodejs") {
    const { start } = await import("./lib/lifecycle/start");
    start();
  }
}

/** Called by Next.js for each error that a page or route did not handle. */
export const onRequestError: Instrumentation.onRequestError = async (error, request, context) => {
  if (process.env.NEXT_RUNTIME === "nodejs") {
    const { errorFields, log } = await import("./lib/log");
    log("error", "A request failed.", {
      method: request.method,
      route: context.routePath,
      ...errorFields(error),
    });
  }
};
