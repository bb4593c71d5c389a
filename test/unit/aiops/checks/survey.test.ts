/** The wide look over HTTP: what is asked and how, and what becomes of kinds that cannot be read. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { connect } from "../../../../aiops/kagent/checks/api.ts";
import { diagnose } from "../../../../aiops/kagent/checks/index.ts";
import { survey } from "../../../../aiops/kagent/checks/survey.ts";
import {
  type ApiServer,
  apiServer,
  core,
  list,
  metrics,
  networking,
  slices,
} from "../../../support/apiServer.ts";

let server: ApiServer;
let answers: ApiServer["answers"];

/** Every list that the wide look takes, beside what gather() does. */
const lists = {
  services: `${core}/services`,
  endpointSlices: slices,
  configMaps: `${core}/configmaps`,
  secrets: `${core}/secrets`,
  serviceAccounts: `${core}/serviceaccounts`,
  networkPolicies: `${networking}/networkpolicies`,
  ingresses: `${networking}/ingresses`,
  ingressClasses: "/apis/networking.k8s.io/v1/ingressclasses",
  autoscalers: "/apis/autoscaling/v2/namespaces/todo-app/horizontalpodautoscalers",
  claims: `${core}/persistentvolumeclaims`,
  storageClasses: "/apis/storage.k8s.io/v1/storageclasses",
  quotas: `${core}/resourcequotas`,
  limitRanges: `${core}/limitranges`,
  nodes: "/api/v1/nodes",
  podMetrics: metrics,
  clusterDns: slices.replace("todo-app", "kube-system"),
} as const;

beforeEach(async () => {
  server = await apiServer();
  answers = server.answers;
});

afterEach(() => server.close());

const api = () => connect(server.access);
const item = (name: string, more: object = {}) => ({ metadata: { name, namespace: "todo-app" }, ...more });

test("one bounded list of each kind, nothing else, nothing written", async () => {
  for (const [kind, path] of Object.entries(lists)) answers[path] = list([item(`a-${kind}`)]);
  const seen = await survey(api(), "todo-app");
  expect(seen.notChecked).toEqual([]);
  expect(Object.keys(seen.around).sort()).toEqual(Object.keys(lists).sort());
  for (const [kind, items] of Object.entries(seen.around)) {
    const names = (items as { name?: string; metadata?: { name?: string } }[]).map(
      (one) => one.metadata?.name ?? one.name,
    );
    expect(names).toEqual([`a-${kind}`]);
  }
  expect(server.requests.filter(({ method }) => method !== "GET")).toEqual([]);
  for (const path of Object.values(lists)) {
    const calls = server.requests.filter((call) => call.path === path);
    expect(calls).toHaveLength(1);
    if (path !== metrics) expect(calls[0]?.search.get("limit")).toBe("500");
  }
  const dns = server.requests.find(({ path }) => path === lists.clusterDns);
  expect(dns?.search.get("labelSelector")).toBe("kubernetes.io/service-name=kube-dns");
});

test("of Secrets only the metadata are asked for, so that no value leaves the API server", async () => {
  answers[lists.secrets] = list([item("backend-secrets", { data: { DATABASE_URL: "c2VjcmV0" } })]);
  const seen = await survey(api(), "todo-app");
  const asMetadata = server.requests.filter(({ headers }) =>
    headers.accept?.includes("PartialObjectMetadata"),
  );
  expect(asMetadata.map(({ path, headers }) => [path, headers.accept])).toEqual([
    [lists.secrets, "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"],
  ]);
  expect(server.requests.filter(({ path }) => path.includes("/secrets"))).toHaveLength(1);
  expect(seen.around.secrets?.map(({ name }) => name)).toEqual(["backend-secrets"]);
  // Nor is one kept that a server gives all the same.
  expect(JSON.stringify(seen)).not.toContain("c2VjcmV0");
});

test("what is forbidden, missing or broken off is undefined and told; the rest is there", async () => {
  answers[lists.secrets] = { status: 403 };
  answers[lists.nodes] = { status: 401 };
  answers[metrics] = { status: 404 };
  answers[lists.networkPolicies] = { status: 500 };
  answers[lists.ingresses] = (request) => request.socket.destroy();
  answers[lists.services] = list([item("backend-service")]);
  const seen = await survey(api(), "todo-app");
  for (const kind of ["secrets", "nodes", "podMetrics", "networkPolicies", "ingresses"] as const) {
    expect(seen.around[kind]).toBeUndefined();
  }
  expect(seen.around.services).toHaveLength(1);
  expect(seen.around.configMaps).toEqual([]);
  const told = new Map(seen.notChecked.map(({ what, why }) => [what, why]));
  expect(told.get("names of secrets")).toBe("the API server refuses it (HTTP 403)");
  expect(told.get("nodes")).toBe("the API server refuses it (HTTP 401)");
  expect(told.get("what pods use (metrics-server)")).toBe("the API server answered HTTP 404");
  expect(told.get("network policies")).toBe("the API server answered HTTP 500");
  expect(told.get("ingresses")).toBeTruthy();
  expect(told.size).toBe(5);
});

test("a list that does not end is cut, and what is not in it counts as not read, not as missing", async () => {
  const page = list([item("other-service")], "more");
  answers[lists.services] = page;
  answers[`${lists.services}?continue`] = page;
  answers[lists.ingresses] = list([
    item("frontend", {
      spec: {
        ingressClassName: "nginx",
        defaultBackend: { service: { name: "frontend-service", port: { number: 3000 } } },
      },
    }),
  ]);
  answers[lists.ingressClasses] = list([item("nginx")]);
  const seen = await survey(api(), "todo-app");
  expect(seen.around.services).toHaveLength(4);
  expect(seen.notChecked).toMatchObject([{ what: "services", why: "only the first 4 were read" }]);
  expect(diagnose(seen)).toEqual([]);
  answers[lists.services] = list([item("other-service")]);
  expect(diagnose(await survey(api(), "todo-app")).map(({ code }) => code)).toEqual(["TF1528"]);
});

test("without the pods there is nothing to say", async () => {
  answers[`${core}/pods`] = { status: 403 };
  await expect(survey(api(), "todo-app")).rejects.toMatchObject({ code: 403 });
});

test("an abort ends all calls, with its own reason", async () => {
  const controller = new AbortController();
  server.neverAnswer(() => {
    if (server.asked.some((line) => line.includes(lists.services))) controller.abort(new Error("enough"));
  });
  const begin = performance.now();
  await expect(survey(api(), "todo-app", controller.signal)).rejects.toThrow("enough");
  expect(performance.now() - begin).toBeLessThan(4_000);
});

test("objects come in the shapes that the checks read", async () => {
  answers[lists.networkPolicies] = list([
    item("deny", { spec: { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] } }),
  ]);
  const { around } = await survey(api(), "todo-app");
  // The client's name for `from`; a check that reads the API's own would see an open door.
  expect(around.networkPolicies?.[0]?.spec?.ingress?.[0]?._from).toHaveLength(1);
});
