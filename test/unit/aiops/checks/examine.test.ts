/** A whole diagnosis over HTTP: what is read, how, and what is said of what could not be. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { connect } from "../../../../aiops/kagent/checks/api.ts";
import { examine } from "../../../../aiops/kagent/checks/examine.ts";
import { checks, needs } from "../../../../aiops/kagent/checks/index.ts";
import { type ApiServer, apps, core, list, startApi } from "../apiServer.ts";
import { deployment, pod, replicaSet, running, terminated, waiting } from "../support.ts";
import { metric } from "../surroundings.ts";

let server: ApiServer;

beforeEach(async () => {
  server = await startApi();
});
afterEach(() => server.close());

const diagnosis = (signal?: AbortSignal) =>
  examine(connect({ kubeconfig: server.kubeconfig, context: "test" }), "todo-app", signal ? { signal } : {});
const crashing = pod({
  containers: [
    { name: "backend", state: waiting("CrashLoopBackOff"), lastState: terminated(1), restarts: 3 },
  ],
});
const wellPod = pod({
  app: "frontend",
  containers: [
    {
      name: "frontend",
      state: running(300),
      ready: true,
      spec: { resources: { limits: { memory: "100Mi" } } },
    },
  ],
});
const metrics = "/apis/metrics.k8s.io/v1beta1/namespaces/todo-app/pods";

test("finds, says what was checked, and takes well under a second", async () => {
  server.answers[`${core}/pods`] = list([crashing, wellPod]);
  server.answers[`${apps}/deployments`] = list([deployment("backend")]);
  server.answers[`${apps}/replicasets`] = list([replicaSet("backend-1")]);
  server.answers[metrics] = list([metric(wellPod, "frontend", "1m", "95Mi")]);
  server.answers[`${core}/pods/backend-1-abcde/log`] = { text: "KeyError\n" };
  server.answers[`${core}/pods/frontend-1-abcde/log`] = { text: "jwt expired\n".repeat(3) };
  const result = await diagnosis();
  expect(result.namespace).toBe("todo-app");
  expect(result.findings.map(({ code }) => code)).toEqual(["TF1501", "TF1531", "TF1538"]);
  expect(result.checked).toEqual(Object.keys(checks));
  expect(result.notChecked).toEqual([]);
  expect(result.elapsed).toBeLessThan(1_000);
  expect(result.takenAt).toBeInstanceOf(Date);
});

test("of what is ready only the last minute is read; of Secrets only the metadata; nothing is written", async () => {
  server.answers[`${core}/pods`] = list([crashing, wellPod]);
  await diagnosis();
  const log = (name: string) => server.asked.find((line) => line.includes(`/pods/${name}/log`));
  expect(log("frontend-1-abcde")).toContain("sinceSeconds=60");
  expect(log("backend-1-abcde")).not.toContain("sinceSeconds");
  expect(server.accepts[`${core}/secrets`]).toBe(
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
  );
  expect(server.asked.every((line) => line.startsWith("GET "))).toBe(true);
});

test("forbidden parts are flagged, their checks not run, and the rest is there", async () => {
  server.answers[`${core}/pods`] = list([crashing]);
  server.answers[`${core}/events`] = { status: 403, body: {} };
  server.answers[`${core}/secrets`] = { status: 403, body: {} };
  server.answers["/api/v1/nodes"] = { status: 403, body: {} };
  server.answers[metrics] = { status: 404, body: {} };
  const { findings, checked, notChecked } = await diagnosis();
  expect(findings.map(({ code }) => code)).toEqual(["TF1501"]);
  const refused = "the API server refuses it (HTTP 403)";
  const absent = "the API server answered HTTP 404";
  expect(notChecked).toEqual(
    expect.arrayContaining([
      { what: "check staleSecret", why: `names of secrets: ${refused}` },
      { what: "check nodeTrouble", why: `nodes: ${refused}` },
      { what: "check cpuThrottled", why: `what pods use (metrics-server): ${absent}` },
      { what: "check highMemory", why: `what pods use (metrics-server): ${absent}` },
      { what: "events", why: refused },
      { what: "nodes", why: refused },
    ]),
  );
  const unread = Object.keys(needs).filter((name) => !checked.includes(name));
  expect(unread).toEqual(
    expect.arrayContaining(["staleSecret", "cpuThrottled", "highMemory", "nodeTrouble"]),
  );
  expect(checked).toContain("crashLoop");
});

test("an empty namespace is fine, one that does not exist is TF1549", async () => {
  server.answers["/api/v1/namespaces/todo-app"] = { body: { metadata: { name: "todo-app" } } };
  expect((await diagnosis()).findings).toEqual([]);
  server.answers["/api/v1/namespaces/todo-app"] = { status: 403, body: {} };
  expect((await diagnosis()).findings).toEqual([]);
  server.answers["/api/v1/namespaces/todo-app"] = { status: 404, body: {} };
  await expect(diagnosis()).rejects.toMatchObject({ code: "TF1549", what: "there is no namespace todo-app" });
});

test("where not even the pods can be read there is no diagnosis, and an abort ends it", async () => {
  server.answers[`${core}/pods`] = { status: 403, body: {} };
  await expect(diagnosis()).rejects.toMatchObject({ code: 403 });
  const controller = new AbortController();
  server.neverAnswer(() => controller.abort(new Error("enough")));
  await expect(diagnosis(controller.signal)).rejects.toThrow("enough");
});
