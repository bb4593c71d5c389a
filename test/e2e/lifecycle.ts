/** The life of a deployment, the same with both deployers: up, use, up again, drift, change, destroy, up again. */
import { randomUUID } from "node:crypto";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Outputs } from "../../components/outputs.ts";
import { repoRoot } from "../../local/paths.ts";
import { postgresStatus } from "../../local/postgres/index.ts";
import { interrupted, succeeds, taskflow } from "../support/cli.ts";
import { kubectl, object, runningContainers } from "../support/cluster.ts";
import { nothingRemains, remains } from "../support/machine.ts";
import { holdersOf } from "../support/secretHolders.ts";
import { firstVisit, laterVisit, newAccount } from "./journey.ts";

export function lifecycle(deployer: "pulumi" | "helm"): void {
  // Looked for later, wherever a deployment leaves anything. Drawn, as this file itself is looked through too.
  const drawn = randomUUID();
  const canaries = { auth: `canary-of-better-auth-${drawn}`, openai: `sk-canary-of-openai-${drawn}` };
  const chosen = {
    TASKFLOW_DEPLOYER: deployer,
    TASKFLOW_CLUSTER: "embedded",
    TASKFLOW_BETTER_AUTH_SECRET: canaries.auth,
    TASKFLOW_OPENAI_API_KEY: canaries.openai,
  };
  const account = newAccount();
  let outputs: Outputs;

  describe(`with ${deployer}`, () => {
    beforeAll(async () => {
      await taskflow(["destroy"], chosen);
      await succeeds(["clean", "--data"]);
    });

    test("an up that was interrupted while it deployed ends with 130, and the next one picks up", async () => {
      const stopped = await interrupted(["up"], /… Deploy with/, chosen);
      expect(stopped.exitCode).toBe(130);
      // The next test's `up` is the proof; nothing of this one may be under way still.
      expect(stopped.stderr).toContain("The next run picks up from here");
    });

    test("up brings the app up and says where it answers", async () => {
      const { stdout } = await succeeds(["up", "--json"], chosen);
      outputs = JSON.parse(stdout);
      expect(outputs.namespace).toBe("todo-app");
      const response = await fetch(`${outputs.frontendUrl}/api/health/ready`);
      expect(response.status).toBe(200);
    });

    test("real pods run the images that were built, hardened", async () => {
      for (const component of ["frontend", "backend"] as const) {
        const deployment = await object("deployment", component);
        const [container] = deployment.spec.template.spec.containers;
        expect(container.image).toBe(outputs.images[component]);
        expect(container.securityContext).toMatchObject({
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
        });
      }
      const namespace = JSON.parse(await kubectl("get", "namespace", "todo-app", "--output", "json"));
      expect(namespace.metadata.labels["pod-security.kubernetes.io/enforce"]).toBe("restricted");
    });

    test("a person signs up, adds, completes and deletes tasks, and finds them after a reload", async () => {
      await firstVisit(outputs.frontendUrl, account, deployer);
    });

    test("a second up changes nothing", async () => {
      const before = await runningContainers();
      const generation = (await object("deployment", "backend")).metadata.generation;
      await succeeds(["up"], chosen);
      expect(await runningContainers()).toEqual(before);
      expect((await object("deployment", "backend")).metadata.generation).toBe(generation);
    });

    test("preview shows no change as no change", async () => {
      const { stdout } = await succeeds(["preview", "--json"], chosen);
      expect(JSON.parse(stdout)).toMatchObject({ changed: false });
    });

    test("status tells the pods", async () => {
      const { stdout } = await succeeds(["status", "--json"], chosen);
      const shown = JSON.parse(stdout);
      expect(shown.deployer).toBe(deployer);
      expect(
        shown.pods.map((pod: { component: string; ready: boolean }) => [pod.component, pod.ready]).sort(),
      ).toEqual([
        ["backend", true],
        ["frontend", true],
      ]);
    });

    test("an edit by hand is found by refresh and mended by up", async () => {
      await kubectl("patch", "service", "backend-service", '--patch={"spec":{"selector":{"app":"nobody"}}}');
      const { stdout } = await succeeds(["refresh", "--json"], chosen);
      expect(JSON.parse(stdout)).toMatchObject({ changed: true, diff: expect.stringContaining("nobody") });
      const preview = await succeeds(["preview", "--json"], chosen);
      expect(JSON.parse(preview.stdout)).toMatchObject({ changed: true });
      await succeeds(["up"], chosen);
      expect((await object("service", "backend-service")).spec.selector.app).toBe("backend");
      const after = await succeeds(["refresh", "--json"], chosen);
      expect(JSON.parse(after.stdout)).toMatchObject({ changed: false });
    });

    test("an object deleted by hand comes back", async () => {
      await kubectl("delete", "configmap", "backend-config");
      await succeeds(["up"], chosen);
      expect((await object("configmap", "backend-config")).data).toHaveProperty("FRONTEND_URL");
    });

    test("rollback returns to the images before, also from a version that does not start", async () => {
      const imageOf = async () =>
        (await object("deployment", "backend")).spec.template.spec.containers[0].image;
      const file = join(repoRoot, "backend", "app", "__main__.py");
      const source = await readFile(file, "utf8");
      try {
        await appendFile(file, "\n# another version\n");
        await succeeds(["up"], chosen);
        const second = await imageOf();
        expect(second).not.toBe(outputs.images.backend);

        await succeeds(["rollback"], chosen);
        expect(await imageOf()).toBe(outputs.images.backend);

        await writeFile(
          file,
          source.replace(/^from __future__.*$/m, '$&\nraise SystemExit("broken on purpose")'),
        );
        const broken = await taskflow(["up", "--json"], chosen);
        expect(broken.exitCode).toBe(4);
        expect(JSON.parse(broken.stdout).error.detail.join("\n")).toContain("broken on purpose");
        await laterVisit(outputs.frontendUrl, account);

        await succeeds(["rollback"], chosen);
        expect(await imageOf()).toBe(outputs.images.backend);
        const { stdout } = await succeeds(["rollback", "--list", "--json"]);
        const recorded = JSON.parse(stdout) as { complete: boolean; images: { backend: { tag: string } } }[];
        expect(recorded.slice(0, 4).map(({ complete }) => complete)).toEqual([true, false, true, true]);
        expect(`todo-backend:${recorded[2]?.images.backend.tag}`).toBe(outputs.images.backend);
      } finally {
        await writeFile(file, source);
      }
      await succeeds(["up"], chosen);
      expect(await imageOf()).toBe(outputs.images.backend);
      await laterVisit(outputs.frontendUrl, account);
    });

    test("secrets are in the two Secrets and in the processes that need them, and nowhere else", async () => {
      const { data } = await object("secret", "backend-secrets");
      const { password } = new URL(Buffer.from(data.DATABASE_URL, "base64").toString());
      expect(password.length).toBeGreaterThanOrEqual(16);
      // A way through an error's screen and the log of a pod that can't start.
      const wrong = await taskflow(["up"], {
        ...chosen,
        TASKFLOW_DATABASE_URL: `postgresql://x:${password}@127.0.0.1:1/x`,
      });
      expect(wrong.exitCode).toBe(3);
      await succeeds(["up"], chosen);

      const holders = await holdersOf(
        [canaries.auth, canaries.openai, password],
        Object.values(outputs.images),
      );
      const [frontend, backend] = ["environ of next-server (v1", "environ of python"];
      expect(holders).toEqual({
        [canaries.auth]: ["Secret backend-secrets", "Secret frontend-secrets", frontend, backend],
        [canaries.openai]: ["Secret backend-secrets", backend],
        [password]: [
          ".taskflow/postgres/credentials.json",
          ...["Secret backend-secrets", "Secret frontend-secrets", frontend, backend],
        ],
      });
    });

    test("the other deployer is refused while this one owns the stack", async () => {
      const other = deployer === "helm" ? "pulumi" : "helm";
      const result = await taskflow(["up", "--json"], { ...chosen, TASKFLOW_DEPLOYER: other });
      expect(JSON.parse(result.stdout).error.code).toBe("TF1604");
    });

    test("destroy leaves nothing on this machine, and the data survives", async () => {
      await succeeds(["destroy"], chosen);
      expect(await remains([3000])).toEqual(nothingRemains);
      expect((await postgresStatus()).state).toBe("stopped");
      await succeeds(["up"], chosen);
      await laterVisit(outputs.frontendUrl, account);
    });

    afterAll(async () => {
      await taskflow(["destroy"], chosen);
    });
  });
}
