/** The real client against an API server made here: what is asked, and what happens when it refuses. */
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { aimed, connect } from "../../../../aiops/kagent/checks/api.ts";
import { gather, needLogs } from "../../../../aiops/kagent/checks/gather.ts";
import { retryFailingPods, watchRollout } from "../../../../aiops/kagent/checks/watchRollout.ts";
import { type ApiServer, apiServer, apps, core, flood, list } from "../../../support/apiServer.ts";
import { deployment, pod, replicaSet, running, snapshot, terminated, waiting } from "../support.ts";

let server: ApiServer;
let access: ApiServer["access"];
let asked: ApiServer["asked"];
let answers: ApiServer["answers"];

beforeEach(async () => {
  server = await apiServer();
  ({ access, asked, answers } = server);
});

afterEach(() => server.close());

const api = () => connect(access);
const crashing = pod({
  containers: [
    { name: "backend", state: waiting("CrashLoopBackOff"), lastState: terminated(1), restarts: 3 },
  ],
});
const logPath = `${core}/pods/backend-1-abcde/log`;

test("reads pods, warnings, Deployments, ReplicaSets and the log of what crashes", async () => {
  answers[`${core}/pods`] = list([crashing]);
  answers[`${apps}/deployments`] = list([deployment("backend")]);
  answers[logPath] = { text: 'starting\n{"level":"error","event":"no postgres://app:pw1@db/x"}\n' };
  const seen = await gather(api(), "todo-app");
  expect(seen.logs).toEqual([
    {
      pod: "backend-1-abcde",
      container: "backend",
      previous: false,
      lines: ["starting", "ERROR no postgres://app:***@db/x"],
    },
  ]);
  expect(seen.deployments[0]?.metadata?.name).toBe("backend");
  expect(seen.pods[0]?.status?.containerStatuses?.[0]?.lastState?.terminated?.finishedAt).toBeInstanceOf(
    Date,
  );
  expect(seen.notChecked).toEqual([]);
  expect(asked).toContain(`GET ${core}/events?fieldSelector=type%3DWarning&limit=500`);
  expect(asked.some((line) => line.includes("tailLines=60") && line.includes("limitBytes=262144"))).toBe(
    true,
  );
});

test("what is forbidden or too much is said, the rest is there", async () => {
  answers[`${core}/pods`] = list([crashing], "more");
  answers[`${core}/pods?continue`] = list([crashing], "more");
  answers[`${core}/events`] = { status: 403 };
  answers[logPath] = { status: 400 };
  const seen = await gather(api(), "todo-app");
  expect(seen.pods).toHaveLength(4);
  expect(seen.notChecked).toEqual([
    { what: "events", why: "the API server refuses it (HTTP 403)" },
    { what: "pods", why: "only the first 4 were read" },
    { what: "log of backend-1-abcde/backend", why: "the API server answered HTTP 400" },
  ]);
});

test("100 MB from a server that knows no limits are not read", async () => {
  const { answer, sent } = flood();
  answers[`${core}/pods`] = list([crashing]);
  answers[logPath] = answer;
  const [log] = (await gather(api(), "todo-app")).logs;
  expect(log?.lines).toHaveLength(60);
  expect(sent()).toBeLessThan(10_000_000);
});

test("an abort ends the calls", async () => {
  const controller = new AbortController();
  server.neverAnswer(() => controller.abort(new Error("enough")));
  await expect(gather(api(), "todo-app", controller.signal)).rejects.toThrow("enough");
});

test("one log of each kind: the copy that has ended; one that migrates; none of what is well", () => {
  const migrating = pod({
    name: "backend-1-m",
    init: [{ name: "migrate", state: running(3) }],
    containers: [{ name: "backend", state: waiting("PodInitializing") }],
  });
  const unready = pod({ name: "backend-1-u", containers: [{ name: "backend", state: running(3) }] });
  const well = pod({
    name: "frontend-1-w",
    app: "frontend",
    containers: [{ name: "frontend", state: running(9), ready: true }],
  });
  const wanted = needLogs(snapshot({ pods: [unready, crashing, migrating, well] }));
  expect(wanted.map((container) => `${container.pod.metadata?.name}/${container.name}`)).toEqual([
    "backend-1-abcde/backend",
    "backend-1-m/migrate",
  ]);
});

test("a context that is not there is named", () => {
  expect(() => connect({ ...access, context: "other" })).toThrow('no context "other"');
});

test("watchRollout, over HTTP: forbidden is TF1307 at once", async () => {
  answers[`${core}/pods`] = { status: 403 };
  const request = {
    ...access,
    namespace: "todo-app",
    deployments: ["backend"],
    timeout: 60_000,
  };
  await expect(watchRollout(request)).rejects.toMatchObject({
    code: "TF1307",
    fix: [`kubectl --kubeconfig ${access.kubeconfig} --context test auth can-i --list --namespace todo-app`],
  });
});

test("kubectl lines reach the cluster they are about, whatever its name", () => {
  const odd = { kubeconfig: join(process.cwd(), ".taskflow", "kubeconfig"), context: "it's mine" };
  expect(aimed(["npm run up", "kubectl get pods"], odd)).toEqual([
    "npm run up",
    "kubectl --kubeconfig .taskflow/kubeconfig --context 'it'\\''s mine' get pods",
  ]);
});

test("retryFailingPods deletes those of the current template that fail for the same definite reason, and no other", async () => {
  const failing = {
    name: "backend",
    state: waiting("CrashLoopBackOff"),
    lastState: terminated(1),
    restarts: 3,
  };
  const old = pod({ name: "backend-0-x", set: "backend-0", containers: [failing] });
  const fine = pod({
    name: "backend-1-ok",
    containers: [{ name: "backend", state: running(9), ready: true }],
  });
  const fresh = pod({ name: "backend-1-new", containers: [{ name: "backend", state: terminated(1) }] });
  answers[`${core}/pods`] = list([old, crashing, fine, fresh]);
  answers[`${apps}/deployments`] = list([deployment("backend")]);
  answers[`${apps}/replicasets`] = list([
    replicaSet("backend-0", { revision: "0" }),
    replicaSet("backend-1", { revision: "1" }),
  ]);
  answers[`${core}/pods/backend-1-abcde`] = { status: 404 };
  const request = { ...access, namespace: "todo-app", deployments: ["backend"] };
  expect(await retryFailingPods(api(), request)).toEqual(["backend-1-abcde", "backend-1-new"]);
  expect(asked.filter((line) => line.startsWith("DELETE"))).toEqual([
    `DELETE ${core}/pods/backend-1-abcde`,
    `DELETE ${core}/pods/backend-1-new`,
  ]);
});
