import { afterAll, afterEach, expect, it } from "vitest";
import { POOL_SIZE } from "@/lib/database";
import { TOKEN, warmUp } from "@/lib/warmUp";
import { testAuth, testDatabaseUrl } from "../fixtures/database";
import { startUpstream, type Upstream } from "../fixtures/upstream";

const { auth, prisma } = testAuth(testDatabaseUrl());
let server: Upstream | undefined;

afterEach(() => server?.close());
afterAll(() => prisma.$disconnect());

async function warmedUp(statusOf: (path: string) => number) {
  server = await startUpstream((request, response) => {
    response.statusCode = statusOf(request.url ?? "");
    response.end();
  });
  return warmUp(new URL(server.apiUrl).origin, await auth.$context);
}

it("asks a page, the proxy and Better Auth, each as often as there are database connections", async () => {
  expect(await warmedUp(() => 200)).toEqual({ ready: true });
  const asked = Object.entries(Object.groupBy(server?.requests ?? [], ({ url }) => url ?? ""));
  expect(asked.map(([path, requests]) => [path, requests?.length])).toEqual(
    ["/sign-in", "/api/v1/tasks", "/api/auth/get-session"].map((path) => [path, POOL_SIZE]),
  );
});

it("asks with a session cookie that Better Auth looks up", async () => {
  await warmedUp(() => 200);
  const user = await prisma.user.create({
    data: { id: crypto.randomUUID(), name: "Nobody", email: `${crypto.randomUUID()}@example.com` },
  });
  const soon = new Date(Date.now() + 60_000);
  await prisma.session.create({
    data: { id: crypto.randomUUID(), token: TOKEN, userId: user.id, expiresAt: soon },
  });
  try {
    const headers = new Headers({ cookie: server?.requests[0]?.headers.cookie ?? "" });
    expect((await auth.api.getSession({ headers }))?.user.id).toBe(user.id);
  } finally {
    await prisma.user.delete({ where: { id: user.id } });
  }
});

it("is fine with a refusal, not with a failure", async () => {
  expect(await warmedUp((path) => (path.startsWith("/api/v1/") ? 401 : 200))).toEqual({ ready: true });
  await server?.close();
  expect(await warmedUp((path) => (path.startsWith("/api/v1/") ? 503 : 200))).toEqual({
    ready: false,
    reason: "This server's first requests failed: /api/v1/tasks was answered with 503.",
  });
});

it("is not ready where nothing listens", async () => {
  await warmedUp(() => 200);
  const { origin } = new URL(server?.apiUrl ?? "");
  await server?.close();
  expect(await warmUp(origin, await auth.$context)).toEqual({
    ready: false,
    reason: "This server's first requests failed: TypeError.",
  });
});
