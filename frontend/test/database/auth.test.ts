import { afterAll, describe, expect, it } from "vitest";
import { authenticate } from "@/lib/authenticate";
import { testAuth, testDatabaseUrl } from "../fixtures/database";

const url = testDatabaseUrl();
const { auth, prisma } = testAuth(url);
const APP = "http://localhost:3000";
const password = "correct horse battery";

afterAll(() => prisma.$disconnect());

function post(
  path: string,
  body: object,
  headers: Record<string, string> = {},
  on = auth,
): Promise<Response> {
  return on.handler(
    new Request(`${APP}/api/auth/${path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        origin: APP,
        "sec-fetch-site": "same-origin",
        ...headers,
      },
      body: JSON.stringify(body),
    }),
  );
}

const newEmail = () => `ada-${crypto.randomUUID()}@example.com`;

/** What a browser would send back. */
const cookiesOf = (response: Response) =>
  response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0])
    .join("; ");

async function signUp(email = newEmail()): Promise<{ email: string; id: string; cookie: string }> {
  const response = await post("sign-up/email", { name: "Ada", email, password });
  expect(response.status).toBe(200);
  const { user } = (await response.json()) as { user: { id: string } };
  return { email, id: user.id, cookie: cookiesOf(response) };
}

const sessionOf = (cookie: string, on = auth) => on.api.getSession({ headers: new Headers({ cookie }) });

describe("signing up", () => {
  it("makes a user, a credential with a hash, and a session", async () => {
    const { email, id, cookie } = await signUp();
    const user = await prisma.user.findUniqueOrThrow({
      where: { email },
      include: { accounts: true, sessions: true },
    });
    expect(user).toMatchObject({ id, name: "Ada", emailVerified: false });
    expect(user.accounts).toHaveLength(1);
    expect(user.accounts[0]).toMatchObject({ providerId: "credential" });
    expect(user.accounts[0]?.password).toMatch(/^[0-9a-f]+:[0-9a-f]+$/);
    expect(user.sessions).toHaveLength(1);
    expect((await sessionOf(cookie))?.user).toMatchObject({ id, email });
  });

  it("refuses a password of seven characters and leaves nothing behind", async () => {
    const email = newEmail();
    const response = await post("sign-up/email", { name: "Ada", email, password: "seven77" });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: "PASSWORD_TOO_SHORT" });
    expect(await prisma.user.count({ where: { email } })).toBe(0);
  });

  it("refuses a second account for an email, in whatever case it is written", async () => {
    const { email } = await signUp();
    const response = await post("sign-up/email", { name: "Eve", email: email.toUpperCase(), password });
    expect(response.status).toBe(422);
    expect(await prisma.user.count({ where: { email: { equals: email, mode: "insensitive" } } })).toBe(1);
  });
});

describe("signing in and out", () => {
  it("opens a session with the right password only", async () => {
    const { email, id } = await signUp();
    const wrong = await post("sign-in/email", { email, password: "wrong horse battery" });
    expect(wrong.status).toBe(401);
    expect(wrong.headers.getSetCookie()).toEqual([]);
    const right = await post("sign-in/email", { email, password });
    expect(right.status).toBe(200);
    expect((await sessionOf(cookiesOf(right)))?.user.id).toBe(id);
  });

  it("ends the session for good", async () => {
    const { cookie } = await signUp();
    expect((await post("sign-out", {}, { cookie })).status).toBe(200);
    expect(await sessionOf(cookie)).toBeNull();
  });

  it("does not take a cookie that was tampered with, or signed with another secret", async () => {
    const { cookie } = await signUp();
    expect(await sessionOf(cookie.replace(/session_token=./, "session_token=Z"))).toBeNull();
    const other = testAuth(url, { authSecret: "another-secret-another-secret-another" });
    expect(await sessionOf(cookie, other.auth)).toBeNull();
    await other.prisma.$disconnect();
  });
});

describe("the session cookie", () => {
  const attributes = async (on: typeof auth, origin: string) => {
    const response = await post(
      "sign-up/email",
      { name: "Ada", email: newEmail(), password },
      { origin },
      on,
    );
    expect(response.status).toBe(200);
    return response.headers.getSetCookie().find((cookie) => cookie.includes("session_token")) ?? "";
  };

  it("works on plain http and is out of a script's reach", async () => {
    const cookie = await attributes(auth, APP);
    expect(cookie).toMatch(/^taskflow\.session_token=/);
    expect(cookie).toMatch(/; HttpOnly/i);
    expect(cookie).toMatch(/; SameSite=Lax/i);
    expect(cookie).not.toMatch(/; Secure/i);
  });

  it("is Secure where the app is served over https", async () => {
    const https = testAuth(url, { authUrl: "https://todo.test", appUrl: "https://todo.test" });
    const cookie = await attributes(https.auth, "https://todo.test");
    expect(cookie).toMatch(/^__Secure-taskflow\.session_token=/);
    expect(cookie).toMatch(/; Secure/i);
    await https.prisma.$disconnect();
  });
});

describe("a request from elsewhere", () => {
  it.each([
    ["another site", { origin: "http://evil.test", "sec-fetch-site": "cross-site" }],
    [
      "another site that forges the Origin's look",
      { origin: "http://localhost:3000.evil.test", "sec-fetch-site": "cross-site" },
    ],
    ["another port", { origin: "http://localhost:4000", "sec-fetch-site": "same-site" }],
  ])("by %s does not sign out", async (_name, headers) => {
    const { cookie } = await signUp();
    expect((await post("sign-out", {}, { cookie, ...headers })).status).toBe(403);
    expect(await sessionOf(cookie)).not.toBeNull();
  });

  it("is welcome where it is the app itself, opened through another port", async () => {
    const headers = { origin: "http://localhost:8080", "sec-fetch-site": "same-origin" };
    const response = await post("sign-up/email", { name: "Ada", email: newEmail(), password }, headers);
    expect(response.status).toBe(200);
  });
});

it("takes everything of a user along when the user goes", async () => {
  const { id } = await signUp();
  await prisma.task.create({ data: { userId: id, title: "Tea" } });
  await prisma.user.delete({ where: { id } });
  expect(await prisma.session.count({ where: { userId: id } })).toBe(0);
  expect(await prisma.account.count({ where: { userId: id } })).toBe(0);
  expect(await prisma.task.count({ where: { userId: id } })).toBe(0);
});

it("fails, rather than signing everybody out, while the database is away", async () => {
  const { cookie } = await signUp();
  const broken = new URL(url);
  broken.port = "1";
  broken.hostname = "127.0.0.1";
  const { auth: away, prisma: nowhere } = testAuth(broken.href);
  await expect(sessionOf(cookie, away)).rejects.toThrow();
  const response = await authenticate(new Request(`${APP}/api/auth/sign-in/email`), () =>
    post("sign-in/email", { email: newEmail(), password }, {}, away),
  );
  expect(response.status).toBe(503);
  expect(response.headers.get("retry-after")).toBe("2");
  expect(await response.json()).toMatchObject({ type: "urn:taskflow:problem:database-unreachable" });
  await nowhere.$disconnect();
});
