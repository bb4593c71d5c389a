/** Clients on this machine and in a pod, and what they saw. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { kubectl, kubectlCommand, object } from "../../support/cluster.ts";
import type { ClientSpec, Second } from "./client.ts";

export interface Client {
  spec: ClientSpec;
  /** Lets what is under way end. @throws where the client itself failed. */
  stop(): Promise<Second[]>;
}

/** What the benches under load deploy, and where it answers. */
export const chosen = { TASKFLOW_CLUSTER: "embedded", TASKFLOW_DEPLOYER: "helm" };
export const url = "http://localhost:3000";

const file = new URL("client.ts", import.meta.url);
/** A pod of the frontend's image: it has Node, and the restricted standard lets it in. */
const pod = "load";

export async function startHere(spec: ClientSpec): Promise<Client> {
  return start(spec, process.execPath, [file.pathname, JSON.stringify(spec)]);
}

/** Needs `loadPod`. */
export async function startInPod(spec: ClientSpec): Promise<Client> {
  const node = [
    "/usr/local/bin/node",
    "--disable-warning=ExperimentalWarning",
    "--input-type=module-typescript",
  ];
  const command = [...node, "--eval", readFileSync(file, "utf8"), JSON.stringify(spec)];
  return start(spec, ...(await kubectlCommand("exec", "--stdin", pod, "--", ...command)));
}

function start(spec: ClientSpec, program: string, args: string[]): Client {
  const child = execa(program, args, {
    stdin: "pipe",
    stdout: "pipe",
    buffer: { stdout: false },
    reject: false,
  });
  const seconds: Second[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => seconds.push(JSON.parse(line) as Second));
  const closed = once(lines, "close");
  return {
    spec,
    async stop() {
      child.stdin.end();
      const { exitCode, stderr } = await child;
      await closed;
      if (exitCode !== 0) throw new Error(`the client ${spec.name} ended with ${exitCode}: ${stderr}`);
      return seconds;
    },
  };
}

/** A pod that waits, from which clients reach the Services' ClusterIPs. Returns how to remove it. */
export async function loadPod(): Promise<() => Promise<void>> {
  const deployment = await object("deployment", "frontend");
  const { securityContext, containers } = deployment.spec.template.spec;
  const [{ image, securityContext: containerSecurity }] = containers;
  const remove = async () => {
    await kubectl("delete", "pod", pod, "--ignore-not-found", "--grace-period=1", "--wait");
  };
  await remove();
  const overrides = {
    spec: {
      automountServiceAccountToken: false,
      securityContext,
      containers: [
        {
          name: pod,
          image,
          imagePullPolicy: "IfNotPresent",
          command: [
            "/usr/local/bin/node",
            "--eval",
            "setInterval(() => {}, 1000); process.on('SIGTERM', () => process.exit(0))",
          ],
          securityContext: containerSecurity,
          // Without a request of its own it would be measured how long the client waits for a processor.
          resources: { requests: { cpu: "250m", memory: "256Mi" } },
          env: [
            {
              name: "AUTH_SECRET",
              valueFrom: { secretKeyRef: { name: "frontend-secrets", key: "BETTER_AUTH_SECRET" } },
            },
          ],
        },
      ],
    },
  };
  await kubectl(
    "run",
    pod,
    `--image=${image}`,
    "--restart=Never",
    `--overrides=${JSON.stringify(overrides)}`,
  );
  await kubectl("wait", "--for=condition=Ready", `pod/${pod}`, "--timeout=60s");
  return remove;
}
