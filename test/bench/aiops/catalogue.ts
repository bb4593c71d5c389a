/** The faults, each brought about in the app as it is deployed. The checks' comments name the same numbers. */

import { kubectl } from "../../support/cluster.ts";
import {
  add,
  backendImage,
  ends,
  type Problem,
  patch,
  patchPod,
  podsShow,
  program,
  python,
  restart,
  seen,
  set,
  warned,
} from "./problem.ts";

const pods = { kind: "Pod", name: /^backend-/ };

const secretValue = async (key: string): Promise<string> =>
  Buffer.from(
    await kubectl("get", "secret", "backend-secrets", "--output", `jsonpath={.data.${key}}`),
    "base64",
  ).toString();

/** Changes the backend's DATABASE_URL in its Secret, and starts pods that read it. */
async function databaseUrl(change: (url: URL) => void): Promise<void> {
  const url = new URL(await secretValue("DATABASE_URL"));
  change(url);
  await patch("secret", "backend-secrets", { stringData: { DATABASE_URL: url.href } });
  await restart("backend");
}

/** The backend as a program that says something and serves nothing. */
const says = (line: string) =>
  patchPod("backend", {
    ...program(`print(${JSON.stringify(line)}, flush=True); import time; time.sleep(3600)`),
    readinessProbe: null,
    livenessProbe: null,
    startupProbe: null,
  });

/** What the restricted standard wants of a container. */
const restricted = {
  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
};

export const problems: readonly Problem[] = [
  {
    id: "F01",
    what: "the backend exits at its start",
    inject: () => patchPod("backend", program("raise KeyError('settings')")),
    shows: podsShow("backend", /CrashLoopBackOff/),
    code: "TF1501",
    root: pods,
    mend: "rolloutUndo",
  },
  {
    id: "F02",
    what: "an image that nobody has",
    inject: () => patchPod("backend", { image: "registry.invalid/todo-backend:v9" }),
    shows: podsShow("backend", /ErrImagePull|ImagePullBackOff/),
    code: "TF1502",
    root: pods,
    mend: "rolloutUndo",
  },
  {
    id: "F02",
    what: "an image that was never loaded",
    inject: () => patchPod("backend", { image: "todo-backend:v9", imagePullPolicy: "Never" }),
    shows: podsShow("backend", /ErrImageNeverPull/),
    code: "TF1503",
    root: pods,
    mend: "rolloutUndo",
  },
  {
    id: "F03",
    what: "a memory limit below what the backend needs",
    inject: () =>
      patchPod("backend", { resources: { requests: { memory: "48Mi" }, limits: { memory: "48Mi" } } }),
    shows: podsShow("backend", /OOMKilled/),
    code: "TF1505",
    root: pods,
    mend: "patchLimits",
  },
  {
    id: "F04",
    what: "a readiness probe on the wrong port",
    inject: () => patchPod("backend", { readinessProbe: { httpGet: { path: "/health/ready", port: 8001 } } }),
    shows: podsShow("backend", /containers with unready status/),
    code: "TF1507",
    root: pods,
    mend: "patchProbe",
  },
  {
    id: "F04",
    what: "a liveness probe on a path that is not there",
    inject: () =>
      patchPod("backend", {
        livenessProbe: { httpGet: { path: "/nope", port: 8000 }, periodSeconds: 1, failureThreshold: 2 },
      }),
    shows: podsShow("backend", /"restartCount": [1-9]/),
    code: "TF1512",
    root: pods,
  },
  {
    id: "F05",
    what: "a Service whose selector matches no pod",
    inject: () => patch("service", "backend-service", { spec: { selector: { app: "backnd" } } }),
    code: "TF1520",
    root: { kind: "Service", name: /^backend-service$/ },
    mend: "patchSelector",
  },
  {
    id: "F06",
    what: "a Service's target port that no container has",
    inject: () => set("service", "backend-service", "/spec/ports/0/targetPort", 8080),
    code: "TF1523",
    root: { kind: "Service", name: /^backend-service$/ },
    mend: "patchTargetPort",
  },
  {
    id: "F06",
    what: "a Service's target port by a name that no container has",
    inject: () => set("service", "backend-service", "/spec/ports/0/targetPort", "web"),
    code: "TF1523",
    root: { kind: "Service", name: /^backend-service$/ },
    mend: "patchTargetPort",
  },
  {
    id: "F07",
    what: "a ConfigMap that is not there",
    inject: () => patchPod("backend", { envFrom: [{ configMapRef: { name: "backend-settings" } }] }),
    shows: podsShow("backend", /CreateContainerConfigError/),
    code: "TF1504",
    root: pods,
  },
  {
    id: "F07",
    what: "a Secret without the key",
    inject: () =>
      patchPod("backend", {
        env: [
          {
            name: "DATABASE_URL",
            valueFrom: { secretKeyRef: { name: "backend-secrets", key: "DATABASE_URI" } },
          },
        ],
      }),
    shows: podsShow("backend", /CreateContainerConfigError/),
    code: "TF1504",
    root: pods,
  },
  {
    id: "F08",
    what: "a wrong password in DATABASE_URL",
    inject: () => databaseUrl((url) => (url.password = "wrong")),
    shows: podsShow("backend", /"exitCode": (?!0)\d+|"restartCount": [1-9]/),
    code: "TF1414",
    root: pods,
  },
  {
    id: "F08",
    what: "a host in DATABASE_URL that does not resolve",
    inject: () => databaseUrl((url) => (url.hostname = "postgres.invalid")),
    shows: podsShow("backend", /"exitCode": (?!0)\d+|"restartCount": [1-9]/),
    code: "TF1411",
    root: pods,
  },
  {
    id: "F08",
    what: "a port in DATABASE_URL where nothing listens",
    inject: () => databaseUrl((url) => (url.port = "1")),
    shows: podsShow("backend", /"exitCode": (?!0)\d+|"restartCount": [1-9]/),
    code: "TF1412",
    root: pods,
  },
  {
    id: "F09",
    what: "a CPU limit that holds the backend back",
    inject: () =>
      patchPod("backend", {
        ...program("while True: pass"),
        readinessProbe: null,
        livenessProbe: null,
        startupProbe: null,
        resources: { requests: { cpu: "20m" }, limits: { cpu: "50m" } },
      }),
    shows: async () =>
      /(4[5-9]|5\d)m/.test(await kubectl("top", "pods", "--selector", "app=backend").catch(() => "")),
    code: "TF1530",
    root: pods,
    mend: "patchLimits",
  },
  {
    id: "F10",
    what: "a request that no node can meet",
    inject: () => patchPod("backend", { resources: { requests: { cpu: "400" }, limits: { cpu: "400" } } }),
    shows: warned(/FailedScheduling/),
    code: "TF1506",
    root: pods,
    mend: "rolloutUndo",
  },
  {
    id: "F10",
    what: "a node selector that no node has",
    inject: () => patchPod("backend", {}, { nodeSelector: { disk: "ssd" } }),
    shows: warned(/FailedScheduling/),
    code: "TF1506",
    root: pods,
  },
  {
    id: "F11",
    what: "a quota that is used up",
    inject: async () => {
      await add({
        apiVersion: "v1",
        kind: "ResourceQuota",
        metadata: { name: "few" },
        spec: { hard: { pods: "2" } },
      });
      await restart("backend");
    },
    shows: seen(/exceeded quota/, "replicasets"),
    code: "TF1510",
    root: { kind: "ReplicaSet", name: /^backend-/ },
  },
  {
    id: "F12",
    what: "a network policy that lets nobody in",
    inject: () =>
      add({
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name: "closed" },
        spec: { podSelector: { matchLabels: { app: "backend" } }, policyTypes: ["Ingress"] },
      }),
    code: "TF1524",
    root: { kind: "NetworkPolicy", name: /^closed$/ },
    mend: "allowTraffic",
  },
  {
    id: "F13",
    what: "a URL that names a Service that is not there",
    inject: async () => {
      await patch("configmap", "frontend-config", {
        data: { NEXT_PUBLIC_API_URL: "http://backend-servce:8000/api" },
      });
      await restart("frontend");
    },
    code: "TF1525",
    root: { kind: "ConfigMap", name: /^frontend-config$/ },
  },
  {
    id: "F14",
    what: "an autoscaler of a Deployment that is not there",
    inject: () =>
      add({
        apiVersion: "autoscaling/v2",
        kind: "HorizontalPodAutoscaler",
        metadata: { name: "backend" },
        spec: {
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "backnd" },
          maxReplicas: 3,
          metrics: [
            {
              type: "Resource",
              resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } },
            },
          ],
        },
      }),
    shows: seen(/FailedGetScale/, "hpa"),
    code: "TF1532",
    root: { kind: "HorizontalPodAutoscaler", name: /^backend$/ },
  },
  {
    id: "F15",
    what: "a new version that does not become ready in the time it has",
    inject: () =>
      patchPod(
        "backend",
        { readinessProbe: { httpGet: { path: "/health/missing", port: 8000 } } },
        {},
        { progressDeadlineSeconds: 10 },
      ),
    shows: seen(/ProgressDeadlineExceeded/, "deployment", "backend"),
    code: "TF1507",
    root: pods,
    mend: "rolloutUndo",
  },
  {
    id: "F16",
    what: "a volume claim that nothing binds",
    inject: async () => {
      await add({
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name: "notes" },
        spec: {
          accessModes: ["ReadWriteOnce"],
          storageClassName: "fast",
          resources: { requests: { storage: "1Gi" } },
        },
      });
      await patchPod(
        "backend",
        { volumeMounts: [{ name: "notes", mountPath: "/notes" }] },
        { volumes: [{ name: "notes", persistentVolumeClaim: { claimName: "notes" } }] },
      );
    },
    shows: warned(/FailedScheduling/),
    code: "TF1534",
    root: { kind: "PersistentVolumeClaim", name: /^notes$/ },
  },
  {
    id: "F17",
    what: "a service account that is not there",
    inject: () => patchPod("backend", {}, { serviceAccountName: "backnd", serviceAccount: "backnd" }),
    shows: seen(/serviceaccount \\"backnd\\" not found/, "replicasets"),
    code: "TF1510",
    root: { kind: "ReplicaSet", name: /^backend-/ },
    mend: "rolloutUndo",
  },
  {
    id: "F18",
    what: "an Ingress to a Service that is not there",
    inject: () =>
      add({
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata: { name: "web" },
        spec: {
          rules: [
            {
              host: "localhost",
              http: {
                paths: [
                  {
                    path: "/",
                    pathType: "Prefix",
                    backend: { service: { name: "frontend", port: { number: 3000 } } },
                  },
                ],
              },
            },
          ],
        },
      }),
    code: "TF1528",
    root: { kind: "Ingress", name: /^web$/ },
  },
  {
    id: "F19",
    what: "the backend scaled to zero",
    inject: () => kubectl("scale", "deployment/backend", "--replicas=0"),
    code: "TF1521",
    root: { kind: "Deployment", name: /^backend$/ },
    mend: "scale",
  },
  {
    id: "F20",
    what: "an init container that fails",
    inject: async () => {
      const warm = {
        name: "warm",
        image: await backendImage(),
        command: [python, "-c", "raise SystemExit(3)"],
      };
      await patchPod("backend", {}, { initContainers: [{ ...restricted, ...warm }] });
    },
    shows: podsShow("backend", /"exitCode": 3/),
    code: "TF1514",
    root: pods,
    mend: "rolloutUndo",
  },
  {
    id: "F21",
    what: "a pod that Pod Security refuses",
    inject: () => patchPod("backend", { securityContext: { allowPrivilegeEscalation: true } }),
    shows: seen(/violates PodSecurity/, "replicasets"),
    code: "TF1510",
    root: { kind: "ReplicaSet", name: /^backend-/ },
    mend: "rolloutUndo",
  },
  {
    id: "F22",
    what: "a certificate that has expired",
    inject: () => ends("ssl.SSLCertVerificationError: certificate verify failed: certificate has expired"),
    shows: podsShow("backend", /CrashLoopBackOff/),
    code: "TF1537",
    root: pods,
  },
  {
    id: "F23",
    what: "a cordoned node",
    inject: async () => {
      await kubectl("cordon", "taskflow");
      await restart("backend");
    },
    shows: warned(/FailedScheduling/),
    code: "TF1540",
    root: { kind: "Node", name: /^taskflow$/ },
    restore: () => kubectl("uncordon", "taskflow"),
  },
  {
    id: "F24",
    what: "pods that read a Secret before it was changed",
    inject: async () => {
      await says('FATAL:  password authentication failed for user "todo" (SQLSTATE 28P01)');
      await kubectl("rollout", "status", "deployment/backend", "--timeout=60s");
      await patch("secret", "backend-secrets", { stringData: { ROTATED: String(Date.now()) } });
    },
    code: "TF1542",
    root: pods,
  },
  {
    id: "F25",
    what: "a program for another processor",
    inject: async () => {
      // The head of an ELF file for a processor that nobody has; an init container puts it where the app looks.
      const write = [
        "import os",
        "head = b'\\x7fELF\\x02\\x01\\x01' + bytes(9) + (2).to_bytes(2, 'little') + (0xfff0).to_bytes(2, 'little') + bytes(200)",
        "open('/tmp/app', 'wb').write(head)",
        "os.chmod('/tmp/app', 0o755)",
      ].join("\n");
      const alien = { name: "alien", image: await backendImage(), command: [python, "-c", write] };
      const volumeMounts = [{ name: "tmp", mountPath: "/tmp" }];
      await patchPod(
        "backend",
        { command: ["/tmp/app"], args: [] },
        { initContainers: [{ ...restricted, ...alien, volumeMounts }] },
      );
    },
    shows: podsShow("backend", /CrashLoopBackOff/),
    code: "TF1513",
    root: pods,
    mend: "rolloutUndo",
  },
  {
    id: "F26",
    what: "an AI provider that has enough of us",
    inject: () => ends("openai.RateLimitError: Error code: 429 - You exceeded your current quota"),
    shows: podsShow("backend", /CrashLoopBackOff/),
    code: "TF1544",
    root: pods,
  },
];
