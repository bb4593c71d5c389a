/**
 * The command behind the tool `local_diagnosis` (tools.yaml): diagnoses the namespace of KUBECONFIG's current context
 * with the rights that this file gives, and prints the findings as JSON. Changes nothing.
 */
import { KubeConfig } from "@kubernetes/client-node";
import { clients, reasonOf } from "../kagent/checks/api.ts";
import { diagnose, type Finding, type NotChecked } from "../kagent/checks/index.ts";
import { survey } from "../kagent/checks/survey.ts";

export interface Diagnosis {
  namespace: string;
  /** Root causes first; excerpts are cleaned, and still text of others. */
  findings: Finding[];
  notChecked: NotChecked[];
}

/** @throws Error where the kubeconfig names no namespace; what the API client throws where pods cannot be read. */
export async function localDiagnosis(config: KubeConfig): Promise<Diagnosis> {
  const namespace = config.getContextObject(config.getCurrentContext())?.namespace;
  if (!namespace) {
    throw new Error("the kubeconfig's context names no namespace; `npm run kubectl-ai` makes one that does");
  }
  const snapshot = await survey(clients(config), namespace);
  return { namespace, findings: diagnose(snapshot), notChecked: snapshot.notChecked };
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
