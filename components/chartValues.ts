/**
 * Stack configuration + image references -> Helm values. The one place: Pulumi, plain Helm and the golden tests
 * all use it, on top of charts/todo-app/values-<environment>.yaml. Carries names of secrets, never a secret.
 */
import type { StackConfig } from "./stackConfig.ts";

export const components = ["frontend", "backend"] as const;
export type AppComponent = (typeof components)[number];

/** An image as the chart names it: `repository:tag`. */
export interface ImageRef {
  repository: string;
  tag: string;
}

/** What the chart is told of an image: under its registry where one is configured, else as it is on the node. */
export function imageRef(image: ImageRef, registry: string | undefined): ImageRef {
  return { repository: registry ? `${registry}/${image.repository}` : image.repository, tag: image.tag };
}

export const chartName = "todo-app";
export const releaseName = "todo-local";

/** The Secrets that the deployer makes; the chart only names them. */
export const secretNames: Readonly<Record<AppComponent, string>> = {
  frontend: "frontend-secrets",
  backend: "backend-secrets",
};

export type ChartValues = Record<string, unknown>;

/**
 * @param databaseRevision changes when the generated database moved or was made anew, so that the pods learn its new
 *   address; empty where the database is configured.
 */
export function chartValues(
  config: StackConfig,
  images: Readonly<Record<AppComponent, ImageRef>>,
  databaseRevision = "",
): ChartValues {
  const autoscaling = config.autoscaling && {
    enabled: config.autoscaling.enabled,
    maxReplicas: config.autoscaling.maxReplicas,
    targetCPUUtilizationPercentage: config.autoscaling.targetCpuPercent,
  };
  return {
    image: {
      // The node has the image already, verified; a registry is asked only where one is configured.
      pullPolicy: "IfNotPresent",
      frontend: images.frontend,
      backend: images.backend,
    },
    replicaCount: config.replicas,
    ...(config.resources ? { resources: config.resources } : {}),
    env: {
      databaseUrl: "",
      betterAuthSecret: "",
      openaiApiKey: "",
      aiModel: config.aiModel,
      appUrl: config.appUrl,
    },
    existingSecret: { frontend: secretNames.frontend, backend: secretNames.backend },
    secretsRevision: [config.secretsRevision, databaseRevision].filter(Boolean).join("-"),
    service: {
      frontend: { nodePort: config.nodePort, annotations: serviceAnnotations },
      backend: { annotations: serviceAnnotations },
    },
    ...(config.ingress ? { ingress: config.ingress } : {}),
    ...(autoscaling ? { autoscaling: { frontend: autoscaling, backend: autoscaling } } : {}),
  };
}

// Pulumi would wait ten seconds for each Service's endpoints; the Deployments' readiness says the same, sooner.
const serviceAnnotations = { "pulumi.com/skipAwait": "true" };
