export const dynamic = "force-dynamic";

/** The process answers. Asks nothing of anybody else. */
export function GET(): Response {
  return Response.json({ status: "live" }, { headers: { "cache-control": "no-store" } });
}
