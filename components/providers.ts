import * as docker from "@pulumi/docker";
import * as kubernetes from "@pulumi/kubernetes";
import type { Prepared } from "../local/prepare.ts";

/** The ways to the Docker daemon and to the cluster; there are no default ones (Pulumi.yaml). */
export function providers(local: Prepared): { daemon: docker.Provider; cluster: kubernetes.Provider } {
  return {
    daemon: new docker.Provider("docker", {}),
    cluster: new kubernetes.Provider("cluster", {
      kubeconfig: local.access.kubeconfig,
      context: local.access.context,
      clusterIdentifier: local.clusterName,
      enableConfigMapMutable: true,
      enableSecretMutable: true,
      enablePatchForce: true, // `up` mends a field that somebody edited by hand
    }),
  };
}
