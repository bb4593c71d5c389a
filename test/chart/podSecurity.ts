/** The restricted Pod Security Standard, as far as a pod's spec can break it; each breach in words. */
import type { V1Container, V1PodSpec } from "@kubernetes/client-node";

const allowedVolumes = [
  ...["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral"],
  ...["persistentVolumeClaim", "projected", "secret"],
];

export function restrictedBreaches(pod: V1PodSpec): string[] {
  const breaches: string[] = [];
  const check = (fine: boolean, breach: string) => {
    if (!fine) breaches.push(breach);
  };
  const seccomp = (type: string | undefined) => type === "RuntimeDefault" || type === "Localhost";

  check(!pod.hostNetwork && !pod.hostPID && !pod.hostIPC, "shares a namespace with the host");
  for (const { name, ...source } of pod.volumes ?? []) {
    check(
      Object.keys(source).every((type) => allowedVolumes.includes(type)),
      `volume ${name}: ${Object.keys(source)}`,
    );
  }
  const containers: V1Container[] = [...pod.containers, ...(pod.initContainers ?? [])];
  for (const { name, securityContext: own = {}, ports = [] } of containers) {
    const user = own.runAsUser ?? pod.securityContext?.runAsUser;
    check(own.privileged !== true, `${name}: privileged`);
    check(own.allowPrivilegeEscalation === false, `${name}: may escalate privileges`);
    check(own.capabilities?.drop?.includes("ALL") === true, `${name}: keeps capabilities`);
    check(
      (own.capabilities?.add ?? []).every((added) => added === "NET_BIND_SERVICE"),
      `${name}: adds capabilities`,
    );
    check((own.runAsNonRoot ?? pod.securityContext?.runAsNonRoot) === true, `${name}: may run as root`);
    check(user !== 0, `${name}: runs as root`);
    check(
      seccomp(own.seccompProfile?.type ?? pod.securityContext?.seccompProfile?.type),
      `${name}: no seccomp profile`,
    );
    check(own.procMount === undefined || own.procMount === "Default", `${name}: procMount`);
    check(
      ports.every(({ hostPort }) => !hostPort),
      `${name}: host port`,
    );
  }
  return breaches;
}
