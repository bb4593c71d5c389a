/** Every resource's inputs, dev and prod, as files that a review can read. Update: npx vitest run test/golden -u */
import { describe, expect, test } from "vitest";
import { prepared, prodConfig, type Registered, runProgram, stackFileConfig } from "../support/program.ts";

/** Tags are hashes of sources and change with every edit: the golden files show that there is one. */
function stable(resources: Registered[]): string {
  const text = JSON.stringify(
    [...resources].sort((a, b) => `${a.type}${a.name}`.localeCompare(`${b.type}${b.name}`)),
    (key, value) => (key === "__provider" ? "<serialised provider>" : value),
    2,
  );
  return `${text
    .replaceAll(/v1\.0\.0-[0-9a-f]{12}/g, "v1.0.0-<content hash>")
    .replaceAll(/"REVISION": "[0-9a-f]{12}"/g, '"REVISION": "<content hash>"')
    .replaceAll(/"linux\/(amd64|arm64)"/g, '"<platform>"')
    .replaceAll(process.cwd(), "<repo>")}\n`;
}

const prodSecrets = ["taskflow:databaseUrl", "taskflow:betterAuthSecret", "taskflow:openaiApiKey"];
const remote = {
  ...prepared,
  choice: "context:prod",
  clusterName: "prod",
  access: { kubeconfig: "/state/kubeconfig-context", context: "prod" },
  address: { frontendUrl: undefined, hostFromPods: undefined, podSourceCidrs: [] },
  database: { url: "", revision: "" },
} as unknown as typeof prepared;

describe("every resource's inputs", () => {
  test("dev", async () => {
    const { resources } = await runProgram("dev", stackFileConfig("dev"));
    await expect(stable(resources)).toMatchFileSnapshot("dev.json");
  });

  test("dev with the MCP server, remediation on", async () => {
    const aiops = JSON.stringify({ enabled: true, remediation: true });
    const { resources } = await runProgram("dev", { ...stackFileConfig("dev"), "taskflow:aiops": aiops });
    await expect(stable(resources)).toMatchFileSnapshot("dev-aiops.json");
  });

  test("prod", async () => {
    const { resources } = await runProgram("prod", prodConfig, prodSecrets, remote);
    await expect(stable(resources)).toMatchFileSnapshot("prod.json");
  });
});
