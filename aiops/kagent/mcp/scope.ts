import { cleanLine } from "../checks/text.ts";
import { TaskFlowError } from "../codes/index.ts";

/**
 * The namespace that a call means: the named one if it is in scope, the first of the list without a name.
 * @throws TaskFlowError TF1733.
 */
export function inScope(namespaces: readonly string[], wanted: string | undefined): string {
  const [first] = namespaces;
  if (first === undefined) throw new Error("the list of namespaces is empty");
  if (wanted === undefined) return first;
  if (namespaces.includes(wanted)) return wanted;
  throw new TaskFlowError("TF1733", {
    what: `"${cleanLine(wanted, 80)}" is out of scope and was not looked at; in scope: ${namespaces.join(", ")}`,
    values: { namespaces: [...namespaces, "MORE"].join(",") },
  });
}
