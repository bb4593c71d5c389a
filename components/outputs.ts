/** What a deployment tells about itself; the same for both deployers. */
import { type AppComponent, type ImageRef, releaseName } from "./chartValues.ts";
import type { StackConfig } from "./stackConfig.ts";

export interface Outputs {
  /** Answers from this machine; where only a port-forward reaches the cluster, the URL that one serves. */
  frontendUrl: string;
  /** Answers inside the cluster. */
  backendUrl: string;
  namespace: string;
  release: string;
  images: Record<AppComponent, string>;
  /** Commands that make the services answer on this machine's loopback. */
  portForward: Record<AppComponent, string>;
}

export function outputs(
  config: Pick<StackConfig, "namespace" | "appUrl" | "hostPort">,
  images: Readonly<Record<AppComponent, ImageRef>>,
  nodeUrl: string | undefined,
  access: { kubeconfig: string; context: string },
): Outputs {
  const ref = ({ repository, tag }: ImageRef) => `${repository}:${tag}`;
  const forward = (service: string, ports: string) =>
    `kubectl --kubeconfig ${access.kubeconfig} --context ${access.context} -n ${config.namespace} port-forward svc/${service} ${ports}`;
  return {
    frontendUrl: nodeUrl ?? config.appUrl,
    backendUrl: `http://backend-service.${config.namespace}.svc.cluster.local:8000`,
    namespace: config.namespace,
    release: releaseName,
    images: { frontend: ref(images.frontend), backend: ref(images.backend) },
    portForward: {
      frontend: forward("frontend-service", `${config.hostPort}:3000`),
      backend: forward("backend-service", "8000:8000"),
    },
  };
}
