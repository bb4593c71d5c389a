/** Each values file through both Helms: lint, the same objects, valid for Kubernetes. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { run } from "../../local/run.ts";
import { tool } from "../../local/toolchain/index.ts";
import { chart, type Rendered, render, type ValuesName, valuesFiles, withValues } from "./helm.ts";
import { type Minor, minors, schemasFor } from "./schemas.ts";

const bases = Object.keys(valuesFiles) as ValuesName[];
const helms = ["helm3", "helm4"] as const;

describe.each(helms)("%s", (helm) => {
  test.each(bases)("lint --strict: %s", async (base) => {
    const result = await withValues({ base }, async (args) =>
      run((await tool(helm)).path, ["lint", "--strict", chart, "--kube-version", "1.34.0", ...args]),
    );
    expect(result.all).toContain("1 chart(s) linted, 0 chart(s) failed");
    expect(result.all).not.toMatch(/\[(WARNING|ERROR)\]/);
  });
});

test.each(bases)("Helm 3 and 4 render the same objects, and twice the same text: %s", async (base) => {
  const byKindAndName = ({ objects }: Rendered) =>
    Object.fromEntries(objects.map((object) => [`${object.kind}/${object.metadata.name}`, object]));
  const [three, four, again] = [
    await render({ base, helm: "helm3" }),
    await render({ base, helm: "helm4" }),
    await render({ base, helm: "helm4" }),
  ];
  expect(byKindAndName(three)).toEqual(byKindAndName(four));
  expect(again.text).toBe(four.text);
});

/** What kubeconform says against a version's JSON schemas: the kinds that it found valid, and its complaints. */
async function conform(minor: Minor, manifest: string): Promise<{ valid: number; complaints: string[] }> {
  const result = await run(
    (await tool("kubeconform")).path,
    // HTTPRoute comes with the Gateway API, not with Kubernetes.
    [
      ...["-strict", "-verbose", "-output", "json", "-skip", "HTTPRoute"],
      ...["-kubernetes-version", `${minor}.0`, "-schema-location", await schemasFor(minor)],
    ],
    { input: manifest },
  );
  const { resources } = JSON.parse(result.stdout) as {
    resources: { kind: string; name: string; status: string; msg: string }[];
  };
  const of = (status: string) => resources.filter((resource) => resource.status === status);
  const fine = [...of("statusValid"), ...of("statusSkipped"), ...of("statusEmpty")];
  return {
    valid: of("statusValid").length,
    complaints: resources
      .filter((resource) => !fine.includes(resource))
      .map(({ kind, name, msg }) => `${kind}/${name}: ${msg}`),
  };
}

// The schemas are made from the Go module of Kubernetes the first time: 20 MB and some seconds each.
const firstTime = 600_000;

describe.each(minors)("Kubernetes %s", (minor) => {
  test.each(bases)(
    "accepts every object: %s",
    async (base) => {
      const { objects, text } = await render({ base, kubeVersion: `${minor}.0` });
      const kubernetes = objects.filter(({ kind }) => kind !== "HTTPRoute");
      expect(await conform(minor, text)).toEqual({ valid: kubernetes.length, complaints: [] });
    },
    firstTime,
  );

  test(
    "would not accept a field that does not exist",
    async () => {
      const { text } = await render({ kubeVersion: `${minor}.0` });
      const { complaints } = await conform(minor, text.replaceAll("maxSurge: 1", "maxSurges: 1"));
      expect(complaints.map((complaint) => complaint.split(":")[0]).sort()).toEqual([
        "Deployment/backend",
        "Deployment/frontend",
      ]);
    },
    firstTime,
  );
});

test("nothing depends on the cluster's objects or on chance, so a render without a cluster is what gets deployed", async () => {
  for (const file of await readdir(join(chart, "templates"), { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const text = await readFile(join(file.parentPath, file.name), "utf8");
    expect(text, file.name).not.toMatch(
      /\b(lookup|rand\w+|genCA\w*|gen\w+Cert|genPrivateKey|uuidv4|now|htpasswd)\b/,
    );
  }
});

test("release and namespace are the command's, not written into the templates", async () => {
  const result = await run((await tool("helm4")).path, [
    ...["template", "other", chart, "--namespace", "elsewhere", "--kube-version", "1.34.0"],
  ]);
  expect(result.stdout).toContain("namespace: elsewhere");
  expect(result.stdout).not.toMatch(/todo-local|namespace: todo-app/);
});
