/** A way from this machine to a Service of a test's own cluster. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { KubeAccess } from "../../local/clusters/types.ts";
import { tool } from "../../local/toolchain/index.ts";

export interface PortForward {
  /** Port on 127.0.0.1. */
  port: number;
  close(): Promise<void>;
}

/** Leads to one of the Service's pods; ends with it. Throws what kubectl says where there is none. */
export async function portForward(
  { kubeconfig, context }: KubeAccess,
  namespace: string,
  service: string,
  port: number,
): Promise<PortForward> {
  const place = ["--kubeconfig", kubeconfig, "--context", context, "--namespace", namespace];
  const { path } = await tool("kubectl");
  const child = spawn(path, [...place, "port-forward", `service/${service}`, `:${port}`], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let said = "";
  child.stderr.on("data", (text) => {
    said += text;
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const local = /^Forwarding from 127\.0\.0\.1:(\d+) /.exec(line)?.[1];
    if (!local) continue;
    // What it still says is read, so that it never waits for a reader.
    child.stdout.resume();
    return {
      port: Number(local),
      close: async () => {
        child.kill();
        await ended;
      },
    };
  }
  throw new Error(`kubectl port-forward service/${service}: ${said}`);
}
