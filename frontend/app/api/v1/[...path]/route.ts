import { auth } from "@/lib/auth";
import { env } from "@/lib/env";
import { proxy } from "@/lib/proxy/proxy";

async function handle(request: Request): Promise<Response> {
  return proxy(request, {
    env: env(),
    findUser: async (headers) => {
      // With its headers: a session that was prolonged in the database needs its cookie prolonged too.
      const found = await auth().api.getSession({ headers, returnHeaders: true });
      return { userId: found.response?.user.id ?? null, setCookies: found.headers.getSetCookie() };
    },
  });
}

export { handle as DELETE, handle as GET, handle as HEAD, handle as PATCH, handle as POST, handle as PUT };
