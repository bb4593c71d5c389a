/** The deployed objects, for the tests that look at the cluster. */
import { chooseCluster } from "../../local/clusters/index.ts";
import { run } from "../../local/run.ts";
import { tool } from "../../local/toolchain/index.ts";

/** The program and the arguments of kubectl against the embedded cluster, namespace todo-app. */
export async function kubectlCommand(...args: string[]): Promise<[string, string[]]> {
  const { kubeconfig, context } = await (await chooseCluster("embedded")).kubeconfig();
  const place = ["--kubeconfig", kubeconfig, "--context", context, "--namespace", "todo-app"];
  return [(await tool("kubectl")).path, [...place, ...args]];
}

/** Runs it. Throws with kubectl's output where it fails. */
export async function kubectl(...args: string[]): Promise<string> {
  const result = await run(...(await kubectlCommand(...args)));
  if (result.failed) throw new Error(`kubectl ${args.join(" ")}: ${result.all}`);
  return result.stdout;
}

// biome-ignore lint/suspicious/noExplicitAny: objects of every kind, read by the field
export async function object(kind: string, name: string): Promise<any> {
  return JSON.parse(await kubectl("get", kind, name, "--output", "json"));
}

/** uid + resourceVersion-free identity of what runs: pods by name with their containers' IDs. */
export async function runningContainers(): Promise<string[]> {
  const { items } = JSON.parse(await kubectl("get", "pods", "--output", "json"));
  return items
    .flatMap(
      (pod: { metadata: { name: string }; status: { containerStatuses?: { containerID?: string }[] } }) =>
        (pod.status.containerStatuses ?? []).map((status) => `${pod.metadata.name} ${status.containerID}`),
    )
    .sort();
}
