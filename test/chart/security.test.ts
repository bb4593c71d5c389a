/** What the pods may do, whom they may talk to, and whether they all fit. */
import type { V1PodSpec } from "@kubernetes/client-node";
import { describe, expect, test } from "vitest";
import { components, type Rendered, render, type ValuesName, valuesFiles } from "./helm.ts";
import { restrictedBreaches } from "./podSecurity.ts";
import { quantity } from "./quantity.ts";

/** Every pod that the chart can make, the test's included. */
function pods(rendered: Rendered): [string, V1PodSpec][] {
  const test = rendered.get("Pod", "todo-local-test-journey").spec;
  if (!test) throw new Error("the test's pod has no spec");
  return [
    ...components.map((component): [string, V1PodSpec] => [component, rendered.podSpec(component)]),
    ["test", test],
  ];
}

describe.each(Object.keys(valuesFiles) as ValuesName[])("values: %s", (base) => {
  test("every pod meets the restricted Pod Security Standard", async () => {
    for (const [name, spec] of pods(await render({ base }))) {
      expect(restrictedBreaches(spec).map((breach) => `${name}: ${breach}`)).toEqual([]);
    }
  });

  test("every container has a read-only root, the one user, limits and requests", async () => {
    for (const [, spec] of pods(await render({ base }))) {
      expect(spec.securityContext).toMatchObject({ runAsUser: 65532, runAsGroup: 65532 });
      for (const { securityContext, resources } of [...spec.containers, ...(spec.initContainers ?? [])]) {
        expect(securityContext?.readOnlyRootFilesystem).toBe(true);
        for (const kind of ["limits", "requests"] as const) {
          expect(Object.keys(resources?.[kind] ?? {})).toEqual(expect.arrayContaining(["cpu", "memory"]));
        }
      }
    }
  });

  test("no pod gets a token or the Services' variables, and each has an account that exists", async () => {
    const rendered = await render({ base });
    for (const [, spec] of pods(rendered)) {
      expect(spec).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
      expect(rendered.get("ServiceAccount", String(spec.serviceAccountName))).toMatchObject({
        automountServiceAccountToken: false,
      });
    }
  });

  test("every mount has its volume and every directory that is written is a limited emptyDir", async () => {
    for (const [, { volumes = [], containers, initContainers = [] }] of pods(await render({ base }))) {
      const mounts = [...containers, ...initContainers].flatMap(({ volumeMounts = [] }) => volumeMounts);
      expect(new Set(mounts.map(({ name }) => name))).toEqual(new Set(volumes.map(({ name }) => name)));
      for (const { emptyDir } of volumes) expect(emptyDir?.sizeLimit).toMatch(/^\d+Mi$/);
    }
  });
});

test("the containers write to /tmp and the frontend to its cache, no more", async () => {
  const rendered = await render();
  const paths = (component: "frontend" | "backend") =>
    rendered.container(component).volumeMounts?.map(({ mountPath }) => mountPath);
  expect(paths("frontend")).toEqual(["/tmp", "/app/.next/cache"]);
  expect(paths("backend")).toEqual(["/tmp"]);
});

test("a weaker security context is seen by the check above", async () => {
  const rendered = await render({
    values: {
      securityContext: { allowPrivilegeEscalation: true, capabilities: { add: ["NET_ADMIN"], drop: [] } },
    },
  });
  expect(restrictedBreaches(rendered.podSpec("frontend"))).toEqual([
    "frontend: may escalate privileges",
    "frontend: keeps capabilities",
    "frontend: adds capabilities",
  ]);
});

describe("network policies", () => {
  interface Policy {
    ingress?: { from?: object[] }[];
    egress?: { to?: object[]; ports?: { port: number }[] }[];
  }
  const policy = (rendered: Rendered, name: string) => rendered.get("NetworkPolicy", name).spec as Policy;
  const peers = ({ ingress = [] }: Policy) => ingress.flatMap(({ from = [] }) => from);

  test("are off until asked for", async () => {
    expect((await render()).names().join()).not.toContain("NetworkPolicy");
  });

  test("hold both directions of both services", async () => {
    const rendered = await render({ base: "prod" });
    for (const component of components) {
      expect(policy(rendered, component)).toMatchObject({
        podSelector: { matchLabels: rendered.get("Deployment", component).spec?.selector.matchLabels },
        policyTypes: ["Ingress", "Egress"],
      });
    }
  });

  test("let only the frontend and the test reach the backend", async () => {
    const found = peers(policy(await render({ base: "prod" }), "backend"));
    expect(found).toMatchObject([
      { podSelector: { matchLabels: { app: "frontend" } } },
      { podSelector: { matchLabels: { app: "test" } } },
    ]);
    expect(found).toHaveLength(2);
  });

  test("let everybody reach the frontend, or those named and the test", async () => {
    expect(peers(policy(await render({ base: "prod" }), "frontend"))).toEqual([]);
    expect(peers(policy(await render({ base: "everything" }), "frontend"))).toMatchObject([
      { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "gateways" } } },
      { podSelector: { matchLabels: { app: "test" } } },
    ]);
  });

  test("hold the test's pod to what it asks", async () => {
    const spec = policy(await render({ base: "prod" }), "test");
    expect(spec.ingress).toBeUndefined();
    expect(spec.egress?.map(({ ports }) => ports?.map(({ port }) => port).join())).toEqual([
      ...["53,53", "5432", "8000", "3000"],
    ]);
  });

  test("let both reach names and the database, the frontend the backend, the backend the AI provider", async () => {
    const rendered = await render({ base: "everything" });
    const ports = (name: string) =>
      policy(rendered, name).egress?.map((rule) => rule.ports?.map(({ port }) => port).join());
    expect(ports("frontend")).toEqual(["53,53", "6543", "8000"]);
    expect(ports("backend")).toEqual(["53,53", "6543", "443"]);
    expect(policy(rendered, "backend").egress?.[1]?.to).toEqual([{ ipBlock: { cidr: "10.0.0.0/8" } }]);
  });

  test("let the backend not reach any HTTPS server when there is no AI", async () => {
    const rendered = await render({
      values: { networkPolicy: { enabled: true }, env: { openaiApiKey: "" } },
    });
    expect(
      policy(rendered, "backend").egress?.flatMap(({ ports }) => ports?.map(({ port }) => port)),
    ).not.toContain(443);
  });
});

describe("capacity", () => {
  // What kubernetes itself asks for on a one-node cluster: 850m CPU and about 500 MiB where its parts are pods.
  const system = { cpu: 0.85, memory: 500 * 2 ** 20 };

  test.each([
    ["two replicas each, both rolling out", 3],
    ["the autoscalers' most, both rolling out", 4],
  ])("the dev values fit 2 CPUs and 4 GB beside the system: %s", async (_, podsEach) => {
    const rendered = await render({ base: "dev" });
    for (const resource of ["cpu", "memory"] as const) {
      const requested = components
        .map(
          (component) =>
            podsEach * quantity(rendered.container(component).resources?.requests?.[resource] ?? ""),
        )
        .reduce((sum, each) => sum + each, system[resource]);
      expect(requested).toBeLessThanOrEqual(resource === "cpu" ? 2 : 4e9);
    }
  });
});
