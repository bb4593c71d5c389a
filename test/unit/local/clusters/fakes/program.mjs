/**
 * One program that stands in for docker, minikube, kind, k3d and kubectl, under whichever name it is called. It keeps
 * the few facts that the drivers depend on in one JSON file (see state.ts), notes every call, and fails the way the real
 * ones do: minikube ends with 0 when a load did not arrive, k3d when a node's import failed.
 */
import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const [name, ...args] = process.argv.slice(2);
const stateFile = process.env.FAKE_STATE;
const before = readFileSync(stateFile, "utf8");
const state = JSON.parse(before);
appendFileSync(process.env.FAKE_CALLS, `${[name, ...args].join(" ")}\n`);

/** Drivers call in parallel: a state that did not change is not written, and another one appears whole. */
function end(code = 0, stdout = "", stderr = "") {
  const now = JSON.stringify(state);
  if (now !== before) {
    writeFileSync(`${stateFile}.${process.pid}`, now);
    renameSync(`${stateFile}.${process.pid}`, stateFile);
  }
  if (stdout) process.stdout.write(`${stdout}\n`);
  if (stderr) process.stderr.write(`${stderr}\n`);
  process.exit(code);
}

/** The value after a flag. */
const after = (flag) => args[args.indexOf(flag) + 1];
const words = (count) => args.slice(0, count).join(" ");

/** What containerd's import does to a node: the tag moves to the new image. */
function importInto(node, { ref, id }) {
  const tag = `docker.io/library/${ref}`;
  for (const image of node.images) image.repoTags = image.repoTags.filter((one) => one !== tag);
  node.images.push({ id, repoTags: [tag], repoDigests: [], size: "1000" });
}

/** As `docker image save` writes it, without the layers. */
function saveArchive(file, ref, id) {
  const manifest = [{ Config: `blobs/sha256/${id.slice(7)}`, RepoTags: [ref], Layers: [] }];
  writeFileSync(join(dirname(file), "manifest.json"), JSON.stringify(manifest));
  execFileSync("tar", ["-cf", file, "-C", dirname(file), "manifest.json"]);
}

/** What an import finds in an archive. */
function archive(file) {
  const [image] = JSON.parse(execFileSync("tar", ["-xOf", file, "manifest.json"], { encoding: "utf8" }));
  return { ref: image.RepoTags[0], id: `sha256:${image.Config.split("/").at(-1)}` };
}

const kubeconfig = (context, server) =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: context, cluster: { server } }],
    users: [{ name: context, user: { token: "secret" } }],
    contexts: [{ name: context, context: { cluster: context, user: context } }],
  });

const programs = {
  docker() {
    if (words(1) === "--version") end(0, "Docker version 28.2.2, build e6534b4");
    if (words(1) === "buildx") end(0, "github.com/docker/buildx v0.24.0");
    if (words(1) === "info") {
      const driver = state.docker.containerdStore ? [["driver-type", "io.containerd.snapshotter.v1"]] : [];
      end(
        0,
        JSON.stringify({
          ServerVersion: "28.2.2",
          OperatingSystem: state.docker.os,
          Architecture: "x86_64",
          DriverStatus: driver,
        }),
      );
    }
    if (words(2) === "image save") {
      const ref = args.at(-1);
      const id = state.docker.images[ref];
      if (!id) end(1, "", `Error response from daemon: reference does not exist`);
      saveArchive(after("--output"), ref, id);
      end();
    }
    if (words(2) === "image inspect") {
      const id = state.docker.images[args.at(-1)];
      end(id ? 0 : 1, id ?? "", id ? "" : "Error: No such image");
    }
    if (words(2) === "image ls") {
      const all = Object.keys(state.docker.images).filter((ref) => ref.startsWith(`${args.at(-1)}:`));
      end(0, all.map((ref) => (after("--format") === "{{.Tag}}" ? ref.split(":")[1] : ref)).join("\n"));
    }
    if (words(2) === "container inspect") {
      const container = state.docker.containers[args[2]];
      if (!container) end(1, "[]", `Error response from daemon: No such container: ${args[2]}`);
      const Ports = Object.fromEntries(
        Object.entries(container.ports).map(([port, host]) => [
          `${port}/tcp`,
          [{ HostIp: "127.0.0.1", HostPort: String(host) }],
        ]),
      );
      const Networks = { net: { Gateway: container.gateway, IPAddress: container.address, IPPrefixLen: 24 } };
      end(0, JSON.stringify([{ NetworkSettings: { Ports, Networks } }]));
    }
    if (words(1) === "exec" && args.slice(2, 4).join(" ") === "crictl images") {
      end(0, JSON.stringify({ images: state.nodes[args[1]].images }));
    }
    if (words(1) === "exec" && args.slice(2, 4).join(" ") === "crictl rmi") {
      const node = state.nodes[args[1]];
      const tag = `docker.io/library/${args[4]}`;
      const found = node.images.some((image) => image.repoTags.includes(tag));
      node.images = node.images.filter((image) => !image.repoTags.includes(tag));
      end(found ? 0 : 1, "", found ? "" : `no such image "${args[4]}" present`);
    }
    if (words(1) === "ps") end();
  },

  minikube() {
    state.minikubeKubeconfig = process.env.KUBECONFIG;
    const node = state.nodes.taskflow;
    if (words(1) === "version") end(0, "v1.38.1");
    if (words(1) === "start") {
      if (state.minikube.startError) {
        const data = { message: state.minikube.startError, advice: "Try: minikube delete", exitcode: "80" };
        end(80, JSON.stringify({ type: "io.k8s.sigs.minikube.error", data }));
      }
      state.nodes.taskflow ??= { images: [] };
      const [, host, port] = args.find((arg) => arg.startsWith("--ports=")).split(":");
      state.docker.containers.taskflow ??= {
        address: "192.168.49.2",
        gateway: "192.168.49.1",
        ports: { [port]: host },
      };
      writeFileSync(process.env.KUBECONFIG, kubeconfig("taskflow", "https://127.0.0.1:32771"), {
        mode: 0o644,
      });
      state.api = "v1.35.1";
      const step = (message) => JSON.stringify({ type: "io.k8s.sigs.minikube.step", data: { message } });
      end(0, [step("minikube v1.38.1 on Debian 12"), step("Done! kubectl is now configured")].join("\n"));
    }
    if (words(2) === "image ls") end(0, JSON.stringify(node.images));
    if (words(2) === "image load") {
      // Upstream: an argument that is a file is taken as an archive, anything else as a name; and whatever becomes of it
      // is only logged: "Live pushes are not considered a failure".
      const file = args[2];
      if (!existsSync(file)) end(0, "", `! The image '${file}' was not found; unable to add it to cache.`);
      const image = archive(file);
      const taken = node.images.some((one) => one.repoTags.includes(`docker.io/library/${image.ref}`));
      if (state.minikube.load === "fails") end(0);
      // Docker's runtime in the node: the old image of that tag is in use, rmi refuses, the load is skipped.
      if (state.minikube.load === "keeps the old image" && taken) end(0);
      importInto(node, image);
      end(0);
    }
    if (words(2) === "image rm") {
      node.images = node.images.filter((image) => !image.repoTags.includes(`docker.io/library/${args[2]}`));
      end(0);
    }
    if (words(1) === "stop") {
      state.api = null;
      end(0);
    }
    if (words(1) === "delete") {
      delete state.docker.containers.taskflow;
      delete state.nodes.taskflow;
      state.api = null;
      end(0);
    }
  },

  kind() {
    const nodesOf = (cluster) => Object.keys(state.nodes).filter((node) => node.startsWith(`${cluster}-`));
    const cluster = after("--name");
    if (words(2) === "get clusters")
      end(0, state.kind.join("\n"), state.kind.length ? "" : "No kind clusters found.");
    if (words(2) === "get nodes") end(0, nodesOf(cluster).join("\n"));
    if (words(2) === "get kubeconfig") {
      if (!state.kind.includes(cluster))
        end(1, "", `ERROR: could not locate any control plane nodes for cluster named '${cluster}'.`);
      end(0, kubeconfig(`kind-${cluster}`, "https://127.0.0.1:41234"));
    }
    if (words(2) === "load image-archive") {
      if (state.kindLoad === "fails")
        end(1, "", 'ERROR: failed to load image: command "ctr images import" failed: exit status 1');
      const targets = state.kindLoad === "misses a node" ? nodesOf(cluster).slice(1) : nodesOf(cluster);
      for (const node of targets) importInto(state.nodes[node], archive(args[2]));
      end(0);
    }
  },

  k3d() {
    const listed = state.k3d.map((cluster) => ({
      name: cluster,
      nodes: [
        { name: `k3d-${cluster}-server-0`, role: "server" },
        { name: `k3d-${cluster}-serverlb`, role: "loadbalancer" },
      ],
    }));
    if (words(2) === "cluster list") end(0, JSON.stringify(listed));
    if (words(2) === "kubeconfig get") {
      if (!state.k3d.includes(args[2])) end(1, "", "FATA[0000] failed to get cluster");
      end(0, kubeconfig(`k3d-${args[2]}`, "https://0.0.0.0:40000"));
    }
    if (words(2) === "image import") {
      // Upstream logs "failed to import images in node" and goes on; the exit code is 0.
      const node = `k3d-${after("--cluster")}-server-0`;
      if (state.k3dImport === "fails on the node")
        end(0, "", `ERRO[0001] failed to import images in node '${node}'`);
      importInto(state.nodes[node], archive(args[2]));
      end(0, "INFO[0002] Successfully imported 1 image(s) into 1 cluster(s)");
    }
  },

  kubectl() {
    if (words(2) === "version --client") end(0, JSON.stringify({ clientVersion: { gitVersion: "v1.34.4" } }));
    if (words(2) === "config get-contexts") end(0, Object.keys(state.user.contexts).join("\n"));
    if (words(2) === "config current-context") {
      end(
        state.user.current ? 0 : 1,
        state.user.current ?? "",
        state.user.current ? "" : "error: current-context is not set",
      );
    }
    if (words(2) === "config view") {
      const context = after("--context");
      const server = state.user.contexts[context];
      if (!server) end(1, "", `error: cannot locate context ${context}`);
      end(0, kubeconfig(context, server));
    }
    const verb = args.slice(4);
    if (!existsSync(after("--kubeconfig"))) end(1, "", "error: stat: no such file or directory");
    if (!state.api)
      end(1, "", "Unable to connect to the server: dial tcp 127.0.0.1: connect: connection refused");
    if (verb[0] === "version") end(0, JSON.stringify({ serverVersion: { gitVersion: state.api } }));
    if (verb[0] === "wait")
      end(
        state.nodesReady ? 0 : 1,
        "",
        state.nodesReady ? "" : "error: timed out waiting for the condition on nodes/x",
      );
    if (verb.join(" ").startsWith("get --raw /readyz")) end(0, "ok");
    if (verb.join(" ").startsWith("get nodes")) end(0, state.runtime);
  },
};

programs[basename(name)]?.();
end(64, "", `the fake ${name} has no such command: ${args.join(" ")}`);
