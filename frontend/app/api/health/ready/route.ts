import { checkDatabase, createReadiness } from "@/lib/readiness";

export const dynamic = "force-dynamic";

const readiness = createReadiness(() => checkDatabase());

/** Whether this process may be sent requests; see lib/readiness.ts for when that changes. */
export async function GET(): Promise<Response> {
  const state = await readiness();
  return Response.json(state.ready ? { status: "ready" } : { status: "not ready", reason: state.reason }, {
    status: state.ready ? 200 : 503,
    headers: { "cache-control": "no-store" },
  });
}
