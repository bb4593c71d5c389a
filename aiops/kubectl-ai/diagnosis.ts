/**
 * The command behind the tool `local_diagnosis` (tools.yaml): diagnoses the namespace of KUBECONFIG's current context
 * with the rights that this file gives, and prints the findings as JSON. Changes nothing.
 */
import { KubeConfig } from "@kubernetes/client-node";
import { clients, reasonOf } from "../kagent/checks/api.ts";
import { type Examination, examine } from "../kagent/checks/examine.ts";

/** @throws Error where the kubeconfig names no namespace; what `examine` throws. */
export async function localDiagnosis(config: KubeConfig): Promise<Examination> {
  const namespace = config.getContextObject(config.getCurrentContext())?.namespace;
  if (!namespace) {
    throw new Error("the kubeconfig's context names no namespace; `npm run kubectl-ai` makes one that does");
  }
  return examine(clients(config), namespace);
}

if (import.meta.main) {
  try {
    const config = new KubeConfig();
    config.loadFromDefault();
    console.log(JSON.stringify(await localDiagnosis(config), null, 2));
  } catch (error) {
    console.error(`taskflow-diagnosis: ${reasonOf(error)}`);
    process.exitCode = 1;
  }
}
