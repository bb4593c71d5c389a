import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { cache } from "react";
import { auth, type Session } from "./auth";

/** The session of the page that is being rendered, looked up once a request. */
export const currentSession = cache(async (): Promise<Session | null> => {
  // First of all: this tells Next.js that the page is made for a request, not while building.
  const requestHeaders = await headers();
  return auth().api.getSession({ headers: requestHeaders });
});

/** The session, or the sign-in page. */
export async function requireSession(): Promise<Session> {
  return (await currentSession()) ?? redirect("/sign-in");
}
