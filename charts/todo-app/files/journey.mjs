// Runs in the frontend's image: through the Services, as a user would. Its outcome goes to /tmp/journey.json and
// its exit code is 0 all the same, so that the next container can remove the user and then report.
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";

const { FRONTEND, BACKEND, NEXT_PUBLIC_APP_URL } = process.env;
const mark = randomUUID();
const outcome = {
  email: `helm-test-${mark}@taskflow.invalid`,
  title: `helm test ${mark}`,
  task: null,
  problem: null,
};

async function ask(url, { want, ...init } = {}) {
  const response = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(20_000), ...init });
  const text = await response.text();
  if (!want.includes(response.status)) {
    throw new Error(
      `${init.method ?? "GET"} ${url}: ${response.status} in place of ${want}: ${text.slice(0, 300)}`,
    );
  }
  console.log(`${init.method ?? "GET"} ${url}: ${response.status}`);
  return { response, text };
}

try {
  await ask(`${FRONTEND}/api/health/ready`, { want: [200] });
  await ask(`${BACKEND}/health/ready`, { want: [200] });
  await ask(`${FRONTEND}/api/v1/tasks`, { want: [401] });
  const headers = { origin: NEXT_PUBLIC_APP_URL, "content-type": "application/json" };
  const { response } = await ask(`${FRONTEND}/api/auth/sign-up/email`, {
    want: [200, 201],
    method: "POST",
    headers,
    body: JSON.stringify({ name: "helm test", email: outcome.email, password: randomUUID() }),
  });
  const cookie = response.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
  const created = await ask(`${FRONTEND}/api/v1/tasks`, {
    want: [201],
    method: "POST",
    headers: { ...headers, cookie },
    body: JSON.stringify({ title: outcome.title }),
  });
  outcome.task = JSON.parse(created.text).id;
  const listed = await ask(`${FRONTEND}/api/v1/tasks`, { want: [200], headers: { ...headers, cookie } });
  if (!JSON.parse(listed.text).items.some((task) => task.id === outcome.task)) {
    throw new Error(`task ${outcome.task} was created but is not in the list`);
  }
} catch (error) {
  outcome.problem = [error.message, error.cause?.message].filter(Boolean).join(": ");
}
writeFileSync("/tmp/journey.json", JSON.stringify(outcome));
