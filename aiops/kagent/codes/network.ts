import type { CodeEntry } from "./types.ts";

/** TF152x: what lies between pods, as the cluster shows it. */
export const network = {
  TF1520: {
    title: "Service selects no pod",
    cause: "No pod has the labels that the Service's selector asks for, so requests to it go nowhere.",
    fix: ["kubectl --namespace {namespace} get pods --show-labels", "npm run up"],
  },
  TF1521: {
    title: "Deployment behind a Service is scaled to zero",
    cause: "The Service's pods were scaled away, so requests to it go nowhere.",
    fix: ["kubectl --namespace {namespace} scale deployment {name} --replicas={replicas}"],
  },
  TF1522: {
    title: "Service has no ready pod",
    cause: "The Service selects pods, but none of them is ready, so requests to it fail.",
    fix: ["npm run status"],
  },
  TF1523: {
    title: "Service's target port is wrong",
    cause: "The Service sends requests to a port that no container of its pods declares.",
    fix: ["kubectl --namespace {namespace} get service {name} --output yaml", "npm run up"],
  },
  TF1524: {
    title: "network policy lets nothing through",
    cause: "NetworkPolicies select the pods and none of their rules allows a connection that the app makes.",
    fix: ["kubectl --namespace {namespace} describe networkpolicy {name}", "npm run up"],
  },
  TF1525: {
    title: "configuration names no Service there is",
    cause: "A value in the configuration names a Service, or a port of one, that does not exist.",
    fix: ["kubectl --namespace {namespace} get services", "npm run up"],
  },
  TF1526: {
    title: "cluster's DNS does not answer",
    cause:
      "The DNS that resolves Services' names has no ready pod, or does not answer for a Service that exists.",
    fix: [
      "kubectl --namespace kube-system get pods --selector k8s-app=kube-dns",
      "kubectl --namespace kube-system get endpointslices --selector kubernetes.io/service-name=kube-dns",
    ],
  },
  TF1527: {
    title: "pods do not ask the cluster's DNS",
    cause:
      "The pods' dnsPolicy sends them to the node's DNS, which does not know the Services that they name.",
    fix: ["kubectl --namespace {namespace} explain pod.spec.dnsPolicy", "npm run up"],
  },
  TF1528: {
    title: "Ingress leads nowhere",
    cause: "The Ingress's class, or a Service or port that it names, does not exist.",
    fix: [
      "kubectl get ingressclasses",
      "kubectl --namespace {namespace} describe ingress {name}",
      "npm run up",
    ],
  },
  TF1529: {
    title: "Ingress serves another host than the app's",
    cause: "The host of the Ingress is not the one in the app's own URL, for which sessions are made.",
    fix: ["# set the app's URL in the stack's configuration to the Ingress's host: {host}", "npm run up"],
  },
} as const satisfies Record<string, CodeEntry>;
