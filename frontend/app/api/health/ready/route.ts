import { auth } from "@/lib/auth";
import { checkDatabase, createReadiness } from "@/lib/readiness";
import { warmUp } from "@/lib/warmUp";

export const dynamic = "force-dynamic";

const readiness = createReadiness(async () => {
  const database = await checkDatabase();
  if (!database.ready) return database;
  return warmUp(`http://127.0.0.1:${process.env.PORT ?? 3000}`, await auth().$context);
});

/** Whether this process may be sent requests; see lib/readiness.ts for when that changes. */
export async function GET(): Promise<Response> {
  const state = await readiness();
  return Response.json(state.ready ? { status: "ready" } : { status: "not ready", reason: state.reason }, {
    status: state.ready ? 200 : 503,
    headers: { "cache-control": "no-store" },
  });
}
