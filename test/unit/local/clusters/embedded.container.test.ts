import { describe, expect, test } from "vitest";
import {
  containerName,
  networkOf,
  parseInspect,
  runArgs,
  specHash,
  volumeName,
} from "../../../../local/clusters/embedded/container.ts";

const spec = { image: "taskflow-node:abc", apiPort: 21000, hostPort: 3000, nodePort: 30300 };

/** The values that follow a flag. */
const values = (args: string[], flag: string) => args.filter((_, i) => args[i - 1] === flag);

describe("docker run", () => {
  test("publishes the API, the frontend and the registry on the loopback only", () => {
    expect(values(runArgs(spec), "--publish")).toEqual([
      "127.0.0.1:21000:6443",
      "127.0.0.1:3000:30300",
      "127.0.0.1::5000",
    ]);
  });

  test("works where CAP_SYS_RESOURCE can't be had, and is not privileged", () => {
    const args = runArgs(spec);
    expect(values(args, "--cap-drop")).toEqual(["SYS_RESOURCE"]);
    expect(args).not.toContain("--privileged");
  });

  test("keeps the data in this checkout's volume and starts nothing at boot", () => {
    const args = runArgs(spec);
    expect(values(args, "--volume")).toEqual([`${volumeName}:/var/lib/taskflow`]);
    expect(values(args, "--name")).toEqual([containerName]);
    expect(values(args, "--restart")).toEqual(["no"]);
  });

  test("ends with the image", () => {
    expect(runArgs(spec).at(-1)).toBe("taskflow-node:abc");
  });

  test("carries its hash as a label, which changes with every part of the spec", () => {
    expect(values(runArgs(spec), "--label")).toContain(`dev.taskflow.node.spec=${specHash(spec)}`);
    const others = [
      { ...spec, image: "taskflow-node:def" },
      { ...spec, apiPort: 21001 },
      { ...spec, hostPort: 3001 },
      { ...spec, nodePort: 30301 },
    ];
    expect(new Set([spec, ...others].map(specHash)).size).toBe(5);
  });
});

test("the network of an address", () => {
  expect(networkOf("172.17.0.2", 16)).toBe("172.17.0.0/16");
  expect(networkOf("192.168.215.7", 26)).toBe("192.168.215.0/26");
  expect(networkOf("10.1.2.3", 8)).toBe("10.0.0.0/8");
});

describe("docker container inspect", () => {
  const inspected = (running: boolean) =>
    JSON.stringify([
      {
        State: { Running: running, StartedAt: "2026-11-23T18:00:10.4Z" },
        Config: { Labels: { "dev.taskflow.node.spec": "0123456789ab" } },
        HostConfig: { PortBindings: { "6443/tcp": [{ HostIp: "127.0.0.1", HostPort: "21000" }] } },
        NetworkSettings: {
          Ports: running ? { "5000/tcp": [{ HostIp: "127.0.0.1", HostPort: "49153" }] } : {},
          Networks: {
            bridge: running
              ? { Gateway: "172.17.0.1", IPAddress: "172.17.0.2", IPPrefixLen: 16 }
              : { Gateway: "", IPAddress: "", IPPrefixLen: 0 },
          },
        },
      },
    ]);

  test("of a running container", () => {
    expect(parseInspect(inspected(true))).toEqual({
      running: true,
      startedAt: Date.parse("2026-11-23T18:00:10.4Z"),
      spec: "0123456789ab",
      apiPort: 21000,
      registryPort: 49153,
      network: { gateway: "172.17.0.1", cidr: "172.17.0.0/16" },
    });
  });

  test("of a stopped one: the API's port is still known, the rest is not", () => {
    expect(parseInspect(inspected(false))).toEqual({
      running: false,
      startedAt: Date.parse("2026-11-23T18:00:10.4Z"),
      spec: "0123456789ab",
      apiPort: 21000,
      registryPort: undefined,
      network: undefined,
    });
  });
});
