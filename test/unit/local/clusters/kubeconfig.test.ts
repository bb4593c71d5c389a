import type { NetworkInterfaceInfo } from "node:os";
import { expect, it } from "vitest";
import { isLocal, kubeconfigFile } from "../../../../local/clusters/kubeconfig.ts";

const interfaces = {
  lo: [{ address: "127.0.0.1", cidr: "127.0.0.1/8" }],
  eth0: [{ address: "192.168.1.20", cidr: "192.168.1.20/24" }],
  "br-0123456789ab": [{ address: "192.168.49.1", cidr: "192.168.49.1/24" }],
} as unknown as NodeJS.Dict<NetworkInterfaceInfo[]>;

it.each([
  ["https://127.0.0.1:6443", true],
  ["https://localhost:6443", true],
  ["https://[::1]:6443", true],
  ["https://0.0.0.0:40000", true],
  ["https://kubernetes.docker.internal:6443", true],
  ["https://192.168.1.20:6443", true],
  ["https://192.168.49.2:8443", true],
  // A neighbour in the office, not a container of ours.
  ["https://192.168.1.50:6443", false],
  ["https://192.168.50.2:8443", false],
  ["https://10.0.0.1", false],
  ["https://docker.internal.example.com", false],
  ["https://localhost.example.com", false],
  ["https://ABCDEF.gr7.eu-west-1.eks.amazonaws.com", false],
  ["not a url", false],
])("%s is on this machine: %s", (server, expected) => {
  expect(isLocal(server, interfaces)).toBe(expected);
});

it("a context's name makes no path", () => {
  expect(kubeconfigFile("arn:aws:eks:eu/../x")).toMatch(/\/kubeconfig-arn_aws_eks_eu_\.\._x$/);
});
