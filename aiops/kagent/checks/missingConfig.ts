import { keysOf, namesOf } from "./configNames.ts";
import { containerFinding, fact } from "./finding.ts";
import { didYouMean } from "./nearest.ts";
import { containers, podRef } from "./pods.ts";
import type { Check } from "./types.ts";

/**
 * F07: an environment variable refers to a Secret or ConfigMap, or to a key in one, that is not there. Names the
 * object and the key, never a value, and proposes no plan: only people know what belongs there.
 */
export const missingConfig: Check = (snapshot) =>
  containers(snapshot)
    .filter(({ status }) => status.state?.waiting?.reason === "CreateContainerConfigError")
    .flatMap((container) => {
      const message = container.status.state?.waiting?.message ?? "";
      const missing = parse(message);
      if (!missing) return [];
      const { kind, name, key } = missing;
      return containerFinding("TF1504", container, {
        what: key
          ? `${container.name} needs key ${key} of ${kind} ${name}, which has no such key${didYouMean(key, keysOf(snapshot, kind, name))}.`
          : `${container.name} needs ${kind} ${name}, which does not exist${didYouMean(name, namesOf(snapshot, kind))}.`,
        evidence: [fact("status", podRef(container.pod, container.name), message)],
        values: { kind: kind.toLowerCase(), name },
      });
    });

/** The kubelet's words: `secret "x" not found`, `couldn't find key K in Secret ns/x`. */
function parse(message: string): { kind: string; name: string; key?: string } | undefined {
  const key = /couldn't find key (\S+) in (Secret|ConfigMap) [^/\s]+\/(\S+)/i.exec(message);
  if (key?.[1] && key[2] && key[3]) return { kind: kindName(key[2]), name: key[3], key: key[1] };
  const object = /(secret|configmap) "([^"]+)" not found/i.exec(message);
  return object?.[1] && object[2] ? { kind: kindName(object[1]), name: object[2] } : undefined;
}

const kindName = (word: string): string => (word.toLowerCase() === "secret" ? "Secret" : "ConfigMap");
