/** The Kubernetes API as the diagnosis uses it: typed clients for one named context, every call bounded. */
import { relative } from "node:path";
import {
  ApiException,
  AppsV1Api,
  AutoscalingV2Api,
  CoreV1Api,
  CustomObjectsApi,
  DiscoveryV1Api,
  KubeConfig,
  NetworkingV1Api,
  Observable,
  StorageV1Api,
} from "@kubernetes/client-node";

export interface ClusterAccess {
  /** Absolute path of a kubeconfig file. */
  kubeconfig: string;
  /** A context in it, always named: the file's current context may have been changed by anybody. */
  context: string;
}

export interface Api {
  core: CoreV1Api;
  apps: AppsV1Api;
  autoscaling: AutoscalingV2Api;
  discovery: DiscoveryV1Api;
  networking: NetworkingV1Api;
  storage: StorageV1Api;
  /** For metrics.k8s.io. */
  custom: CustomObjectsApi;
}

/** @throws Error where the file cannot be read or has no such context. */
export function connect({ kubeconfig, context }: ClusterAccess): Api {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  if (!config.getContextObject(context)) throw new Error(`${kubeconfig} has no context "${context}"`);
  config.setCurrentContext(context);
  return clients(config);
}

/** The typed clients of a configuration's current context. */
export function clients(config: KubeConfig): Api {
  return {
    core: config.makeApiClient(CoreV1Api),
    apps: config.makeApiClient(AppsV1Api),
    autoscaling: config.makeApiClient(AutoscalingV2Api),
    discovery: config.makeApiClient(DiscoveryV1Api),
    networking: config.makeApiClient(NetworkingV1Api),
    storage: config.makeApiClient(StorageV1Api),
    custom: config.makeApiClient(CustomObjectsApi),
  };
}

/** Puts kubeconfig and context into command lines that begin with `kubectl`, so that they reach this very cluster. */
export function aimed(lines: readonly string[], { kubeconfig, context }: ClusterAccess): string[] {
  const near = relative(process.cwd(), kubeconfig);
  const file = near.startsWith("..") ? kubeconfig : near;
  const aim = `kubectl --kubeconfig ${quoted(file)} --context ${quoted(context)} `;
  return lines.map((line) => (line.startsWith("kubectl ") ? aim + line.slice("kubectl ".length) : line));
}

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** Milliseconds for one call. */
export const callTimeout = 5_000;

type CallOptions = NonNullable<Parameters<CoreV1Api["listNamespacedPod"]>[1]>;

/** Options for one call: ended after `timeout` milliseconds, or when `signal` aborts; `accept` as its Accept header. */
export function bounded(timeout: number, signal?: AbortSignal, accept?: string): CallOptions {
  const limit = AbortSignal.timeout(timeout);
  return {
    middlewareMergeStrategy: "append",
    middleware: [
      {
        pre: (request) => {
          request.setSignal(signal ? AbortSignal.any([limit, signal]) : limit);
          if (accept) request.setHeaderParam("Accept", accept);
          return new Observable(Promise.resolve(request));
        },
        post: (response) => new Observable(Promise.resolve(response)),
      },
    ],
  };
}

/** HTTP status of a refused call; undefined where no answer came. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof ApiException ? error.code : undefined;
}

/** In a few words, why a call failed. */
export function reasonOf(error: unknown): string {
  const status = statusOf(error);
  if (status === 401 || status === 403) return `the API server refuses it (HTTP ${status})`;
  if (status !== undefined) return `the API server answered HTTP ${status}`;
  if (error instanceof DOMException && error.name === "TimeoutError") return "no answer in time";
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
