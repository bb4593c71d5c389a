/** The deployed objects, for the tests that look at the cluster. */
import { components } from "../../components/chartValues.ts";
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
export const kubectl = (...args: string[]): Promise<string> => kubectlWith(undefined, ...args);

/** With text for its standard input. */
export async function kubectlWith(input: string | undefined, ...args: string[]): Promise<string> {
  const result = await run(...(await kubectlCommand(...args)), input === undefined ? {} : { input });
  if (result.failed) throw new Error(`kubectl ${args.join(" ")}: ${result.all}`);
  return result.stdout;
}

/** Runs Helm against the same place. Throws with Helm's output where it fails. */
export async function helm(...args: string[]): Promise<string> {
  const { kubeconfig, context } = await (await chooseCluster("embedded")).kubeconfig();
  const place = ["--kubeconfig", kubeconfig, "--kube-context", context, "--namespace", "todo-app"];
  const result = await run((await tool("helm")).path, [...args, ...place]);
  if (result.failed) throw new Error(`helm ${args.slice(0, 2).join(" ")}: ${result.all}`);
  return result.stdout;
}

/** Until the new pods of both Deployments are there. */
export async function rolledOut(): Promise<void> {
  for (const name of components) await kubectl("rollout", "status", `deployment/${name}`, "--timeout=180s");
}

/** Until they are rolled out and the old pods are gone. */
export async function settled(): Promise<void> {
  await rolledOut();
  const { items } = JSON.parse(
    await kubectl("get", "pods", "--selector=app in (frontend,backend)", "--output", "json"),
  );
  const going = (items as { metadata: { name: string; deletionTimestamp?: string } }[])
    .filter(({ metadata }) => metadata.deletionTimestamp)
    .map(({ metadata }) => `pod/${metadata.name}`);
  // Waiting costs nothing; asking again and again would take processor time from those that are measured.
  if (going.length > 0) await kubectl("wait", "--for=delete", ...going, "--timeout=120s");
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
