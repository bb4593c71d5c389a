/**
 * The stack's configuration, typed and validated: every error at once, each with the command that mends it.
 * Pure, so that the Pulumi program and the Helm deployer read the same file the same way.
 */
import { z } from "zod";
import { TaskFlowError } from "../aiops/kagent/codes/index.ts";

const dnsLabel = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "must be a DNS label such as todo-app");
const replicas = z.int().min(1).max(3);
const quantity = z.string().regex(/^\d+(\.\d+)?(m|[KMG]i?)?$/, "must be a quantity such as 250m or 256Mi");
const resources = z.strictObject({
  requests: z.strictObject({ cpu: quantity, memory: quantity }).partial().optional(),
  limits: z.strictObject({ cpu: quantity, memory: quantity }).partial().optional(),
});

/** What `taskflow:cluster` and `--cluster` may be. */
export const clusterPattern = /^(auto|embedded|minikube|kind|k3d|docker-desktop|context:.+)$/;
const clusterChoice = z
  .string()
  .regex(clusterPattern, "must be auto, embedded, minikube, kind, k3d, docker-desktop or context:NAME");

/** One entry a key of `taskflow:` in Pulumi.<stack>.yaml, secrets apart. */
const shape = {
  /** Which baseline of chart values applies: charts/todo-app/values-<environment>.yaml. */
  environment: z.enum(["dev", "prod"]),
  /** Where to deploy. `auto`: minikube where it is installed, otherwise the embedded cluster. */
  cluster: clusterChoice.default("auto"),
  /** Contexts that are not on this machine but may be deployed to all the same. */
  allowContexts: z.array(z.string().min(1)).default([]),
  namespace: dnsLabel.default("todo-app"),
  /** Port on this machine's loopback that leads to the frontend. */
  hostPort: z.int().min(1).max(65535).default(3000),
  /** The frontend Service's NodePort. */
  nodePort: z.int().min(30000).max(32767).default(30300),
  /** The URL that people type; session cookies and origin checks depend on it. Default http://localhost:<hostPort>. */
  appUrl: z.url({ protocol: /^https?$/, error: "must be a URL such as https://todo.example.com" }).optional(),
  /** First part of the images' tags; the second is the hash of their content. */
  version: z
    .string()
    .regex(/^v\d+\.\d+\.\d+$/, "must be a version such as v1.0.0")
    .default("v1.0.0"),
  /** Where images are pushed, for clusters that this machine cannot load into, e.g. ghcr.io/me. */
  registry: z
    .string()
    .regex(/^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)*$/, "must be a registry path such as ghcr.io/me")
    .optional(),
  /** How many tags of each image stay on this machine and on the node, for rollbacks. */
  keepImages: z.int().min(1).max(20).default(3),
  replicas: z.strictObject({ frontend: replicas.default(1), backend: replicas.default(1) }).prefault({}),
  resources: z.strictObject({ frontend: resources, backend: resources }).partial().optional(),
  aiModel: z.string().min(1).default("gpt-4o-mini"),
  /** Refines the ingress of the environment's baseline. */
  ingress: z
    .strictObject({ enabled: z.boolean(), className: dnsLabel, host: z.string().min(1) })
    .partial()
    .optional(),
  /** Horizontal autoscaling of both deployments; when on, it owns the replica count. */
  autoscaling: z
    .strictObject({
      enabled: z.boolean(),
      maxReplicas: replicas.default(3),
      targetCpuPercent: z.int().min(1).max(100).default(70),
    })
    .optional(),
  /** TaskFlow's MCP server beside the app; docs/aiops.md. */
  aiops: z
    .strictObject({
      enabled: z.boolean(),
      /** May it carry out plans that a person approved? */
      remediation: z.boolean().default(false),
      /** Another image of the server, that is on the node or in a registry. Default: this checkout's, as `up` builds it. */
      image: z
        .string()
        .regex(
          /^[a-z0-9][a-z0-9._/:-]*(:(?!latest$)[\w][\w.-]{0,127}|@sha256:[0-9a-f]{64})$/,
          "must name an image with its tag or digest, such as todo-kagent:local; latest moves",
        )
        .optional(),
    })
    .optional(),
  /** `chart`: each object is a Pulumi resource with its own diff and drift. `release`: one Helm release. */
  deployMode: z.enum(["chart", "release"]).default("chart"),
  /** Raise it to roll the pods after a secret was rotated. */
  secretsRevision: z.int().min(1).default(1),
};

/** Keys whose values are secrets: `pulumi config set --secret`. */
export const secretKeys = ["databaseUrl", "betterAuthSecret", "openaiApiKey"] as const;
export type SecretKey = (typeof secretKeys)[number];

/** Variables that hold a secret for one run, in place of the stack's file; they win over it. */
export const secretEnvironment: Readonly<Record<SecretKey, string>> = {
  databaseUrl: "TASKFLOW_DATABASE_URL",
  betterAuthSecret: "TASKFLOW_BETTER_AUTH_SECRET",
  openaiApiKey: "TASKFLOW_OPENAI_API_KEY",
};

const schema = z.strictObject(shape);
export type StackConfig = z.output<typeof schema> & {
  stack: string;
  appUrl: string;
  /** Which secrets are configured; the others are generated (dev) or absent. */
  configured: Readonly<Record<SecretKey, boolean>>;
};

/**
 * Checks raw values, as they stand in the stack's file (numbers, booleans and objects may also come as strings of
 * JSON, which is how Pulumi hands them out), and the secrets that can be read. Throws TF1001 with every problem.
 */
export function parseStackConfig(
  stack: string,
  raw: Readonly<Record<string, unknown>>,
  configured: Readonly<Record<SecretKey, boolean>>,
  readable: Readonly<Partial<Record<SecretKey, string>>> = {},
): StackConfig {
  const values = Object.fromEntries(
    Object.entries(raw)
      .filter(([key, value]) => value !== undefined && !(secretKeys as readonly string[]).includes(key))
      .map(([key, value]) => [key, unwrap(key, value)]),
  );
  const result = schema.safeParse(values);
  const problems = result.success ? [] : result.error.issues.flatMap((issue) => describe(stack, issue));
  if (result.success) problems.push(...crossChecks(stack, result.data, configured));
  else if (values.environment === "prod") problems.push(...missingSecrets(stack, configured));
  problems.push(...wrongSecrets(stack, readable));
  if (problems.length > 0 || !result.success) {
    throw new TaskFlowError("TF1001", {
      what: `the configuration of stack ${stack} has ${problems.length} problem${problems.length === 1 ? "" : "s"}`,
      detail: problems.map((p) => `taskflow:${p.key}: ${p.message}`),
      values: { fix: problems.map((p) => p.mend).join("\n") },
    });
  }
  const config = result.data;
  return { ...config, stack, appUrl: config.appUrl ?? `http://localhost:${localPort(config)}`, configured };
}

/** Docker Desktop publishes NodePorts on this machine's loopback as they are; elsewhere `hostPort` leads to them. */
const localPort = (config: z.output<typeof schema>): number =>
  config.cluster === "docker-desktop" ? config.nodePort : config.hostPort;

interface Problem {
  key: string;
  message: string;
  mend: string;
}

/** Objects, numbers and booleans that arrive as JSON text; a text value stays the text it is. */
function unwrap(key: string, value: unknown): unknown {
  if (typeof value !== "string" || !(key in shape)) return value;
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === "string" ? value : parsed;
  } catch {
    return value;
  }
}

const examples: Record<string, string> = {
  environment: "dev",
  cluster: "embedded",
  namespace: "todo-app",
  hostPort: "3000",
  nodePort: "30300",
  appUrl: "http://localhost:3000",
  version: "v1.0.0",
  registry: "ghcr.io/me",
  keepImages: "3",
  aiModel: "gpt-4o-mini",
  deployMode: "chart",
  secretsRevision: "1",
  "allowContexts[0]": "my-cluster",
  "replicas.frontend": "1",
  "replicas.backend": "1",
  "ingress.enabled": "true",
  "aiops.enabled": "true",
  "aiops.remediation": "false",
  "aiops.image": "todo-kagent:local",
  "autoscaling.enabled": "true",
  "autoscaling.maxReplicas": "3",
  "autoscaling.targetCpuPercent": "70",
};

function describe(stack: string, issue: z.core.$ZodIssue): Problem[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const path = [...issue.path, key].join(".");
      return {
        key: path,
        message: `unknown key; known are ${Object.keys(shape).join(", ")}`,
        mend: remove(stack, path),
      };
    });
  }
  // Pulumi's form of a path: object.key, list[0].
  const path = issue.path.reduce<string>(
    (text, part) =>
      typeof part === "number" ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part),
    "",
  );
  // What is no object or list can't be set in parts: away with it, and the default holds again.
  const whole =
    issue.path.length === 1 &&
    Object.keys(examples).some((known) => /^[.[]/.test(known.slice(path.length)) && known.startsWith(path));
  const mend = whole ? remove(stack, path) : set(stack, path, examples[path] ?? "VALUE");
  return [{ key: path, message: issue.message, mend }];
}

function crossChecks(
  stack: string,
  config: z.output<typeof schema>,
  configured: Readonly<Record<SecretKey, boolean>>,
): Problem[] {
  const problems: Problem[] = [];
  if (config.environment === "prod") {
    problems.push(...missingSecrets(stack, configured));
    if (config.cluster === "auto") {
      problems.push({
        key: "cluster",
        message: "prod never guesses its cluster: name it",
        mend: set(stack, "cluster", "context:NAME"),
      });
    }
    if (config.appUrl === undefined) {
      problems.push({
        key: "appUrl",
        message: "missing; prod needs the URL that people type",
        mend: set(stack, "appUrl", "https://todo.example.com"),
      });
    }
  }
  return problems;
}

function missingSecrets(stack: string, configured: Readonly<Record<SecretKey, boolean>>): Problem[] {
  return (["databaseUrl", "betterAuthSecret"] as const)
    .filter((key) => !configured[key])
    .map((key) => ({
      key,
      message: "missing; prod generates no secrets",
      mend: setSecret(stack, key),
    }));
}

/** The shortest secret of sessions and tokens that both services take. */
const shortestAuthSecret = 32;

/** What both services would refuse at their start. No message quotes a secret. */
function wrongSecrets(stack: string, secrets: Readonly<Partial<Record<SecretKey, string>>>): Problem[] {
  return secretKeys.flatMap((key) => {
    const value = secrets[key];
    if (value === undefined) return [];
    const mend = `${setSecret(stack, key)}   # or, for one run: export ${secretEnvironment[key]}=...`;
    if (/^(secret)?ref\+/.test(value))
      return [{ key, message: "is a ref+ reference; give the value that `vals get` resolves it to", mend }];
    if (key === "betterAuthSecret" && value.length < shortestAuthSecret)
      return [{ key, message: `has ${value.length} characters, needs at least ${shortestAuthSecret}`, mend }];
    return [];
  });
}

const setSecret = (stack: string, key: SecretKey) =>
  `pulumi config set --stack ${stack} --secret taskflow:${key}`;

const set = (stack: string, path: string, value: string) =>
  `pulumi config set --stack ${stack} ${keyOf(path)} ${value}`;
const remove = (stack: string, path: string) => `pulumi config rm --stack ${stack} ${keyOf(path)}`;
/** A shell would take the brackets of a list for a pattern. */
const keyOf = (path: string) =>
  path.includes("[") ? `--path 'taskflow:${path}'` : `${path.includes(".") ? "--path " : ""}taskflow:${path}`;
