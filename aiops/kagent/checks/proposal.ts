/** The changes that a finding may propose. Each is small, reversible and within one namespace. */
export type Proposal =
  | { action: "rolloutUndo"; deployment: string /** Default: the revision before. */; toRevision?: number }
  | { action: "rolloutRestart"; deployment: string }
  | { action: "scale"; deployment: string /** 1 to 3. */; replicas: number }
  | { action: "patchSelector"; service: string; selector: Record<string, string> }
  | {
      action: "patchTargetPort";
      service: string;
      /** Number of the Service's port. */
      port: number;
      /** Number, or name of a container's port. */
      targetPort: number | string;
    }
  | {
      action: "patchProbe";
      deployment: string;
      container: string;
      probe: "startupProbe" | "livenessProbe" | "readinessProbe";
      /** Number, or name of a container's port. */
      port?: number | string;
      path?: string;
    }
  | {
      action: "patchLimits";
      deployment: string;
      container: string;
      /** Kubernetes quantities, e.g. `384Mi`, `750m`. */
      limits: { memory?: string; cpu?: string };
    }
  | {
      /** Adds a NetworkPolicy at each end that holds the traffic back; none is changed or removed. */
      action: "allowTraffic";
      from: Record<string, string>;
      to: Record<string, string>;
      port: number;
    };

export type Action = Proposal["action"];
