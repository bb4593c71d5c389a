/** What every kind of cluster can do. One driver a folder beside this file; `index.ts` chooses. */
import type { Report } from "../run.ts";

export const clusterKinds = ["embedded", "minikube", "kind", "k3d", "docker-desktop", "context"] as const;
export type ClusterKind = (typeof clusterKinds)[number];

/** Where the Kubernetes API answers: always a kubeconfig file and a context named outright. */
export interface KubeAccess {
  /** Absolute path of a kubeconfig file of ours, mode 0600; the user's own file is read, never written. */
  kubeconfig: string;
  context: string;
}

/** How a NodePort and the host find each other. */
export interface NodeAddress {
  /** `http://host:port` under which this machine reaches the frontend's NodePort; undefined where only a port-forward does. */
  frontendUrl: string | undefined;
  /** The address under which pods reach a server on this machine (PostgreSQL), and on which that server must listen. */
  hostFromPods: string | undefined;
  /** Source addresses (CIDR) that such a server will see the pods come from. */
  podSourceCidrs: string[];
}

/** An image as the local Docker daemon has it. */
export interface LocalImage {
  /** `repository:tag`, e.g. `todo-backend:v1.0.0-0123456789ab`. */
  ref: string;
  /** The image ID (`sha256:` + 64 hex, digest of the image's config), by which delivery is verified. */
  id: string;
}

/** What a deployment asks of its cluster. */
export interface ClusterOptions {
  /** Port on this machine's loopback that leads to the frontend, e.g. 3000. */
  hostPort: number;
  /** The frontend Service's NodePort, 30000-32767. */
  nodePort: number;
}

export interface Cluster {
  readonly kind: ClusterKind;
  /** Container, profile or context name; unique on this machine. */
  readonly name: string;
  /** Brings the cluster up, or finds it up; returns when the API answers and a node is Ready. Safe to repeat. */
  ensure(report: Report): Promise<void>;
  /** Is the API there right now? Quick (at most a second or two), no side effect. */
  running(): Promise<boolean>;
  kubeconfig(): Promise<KubeAccess>;
  nodeAddress(): Promise<NodeAddress>;
  /** Has a node this very image, by ID, under this ref? */
  hasImage(image: LocalImage): Promise<boolean>;
  /** Moves the image from the Docker daemon to the node(s). Does nothing when it is there; throws TF12xx when it is not there afterwards. */
  loadImage(image: LocalImage, report: Report): Promise<void>;
  /** Removes a ref from the node(s); absent is fine. */
  removeImage(ref: string): Promise<void>;
  /** Refs (`repository:tag`) on the node(s) of one repository, newest first. */
  listImages(repository: string): Promise<string[]>;
  /** Stops the cluster; data stays for the next `ensure`. */
  stop(report: Report): Promise<void>;
  /** Removes what `ensure` made and nothing else: no container, volume, network, rule or mount is left. */
  destroy(report: Report): Promise<void>;
}
