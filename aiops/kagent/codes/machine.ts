import type { CodeEntry } from "./types.ts";

/** TF11xx: this machine: Docker, disk, ports, tools. */
export const machine = {
  TF1101: {
    title: "Docker does not answer",
    cause: "Docker is installed, but its daemon is not running or does not answer at this address.",
    fix: ["sudo systemctl start docker", "npm run doctor"],
  },
  TF1102: {
    title: "Docker is not installed",
    cause:
      "No `docker` program is on the PATH. Images are built with it, and the default cluster runs in it.",
    fix: ["npm run doctor", "npm run up -- --yes"],
  },
  TF1103: {
    title: "BuildKit is missing",
    cause:
      "The Dockerfiles need BuildKit. Docker 23 and newer reach it through the buildx plugin, which is not there.",
    fix: ["npm run doctor"],
  },
  TF1104: {
    title: "not enough disk space",
    cause: "The disk that holds the repo, the cache or Docker's data has less free space than a build needs.",
    fix: ["docker system df", "docker builder prune --force", "docker image prune --force"],
  },
  TF1105: {
    title: "not enough memory",
    cause:
      "The cluster and the app need 2 GiB; this machine, Docker's virtual machine or a cgroup gives less.",
    fix: ["npm run doctor"],
  },
  TF1106: {
    title: "too few CPUs",
    cause: "Two CPUs are the supported minimum; with one, builds and start-up take far longer.",
    fix: ["npm run doctor"],
  },
  TF1107: {
    title: "port taken",
    cause: "Another program listens on the port under which the frontend would be published on this machine.",
    fix: ["pulumi config set hostPort {freePort} --stack {stack}", "npm run up"],
  },
  TF1108: {
    title: "tool missing",
    cause:
      "A program that this step needs is neither on the PATH nor in the cache, and could not be fetched.",
    fix: ["npm run doctor"],
  },
  TF1109: {
    title: "tool too old",
    cause: "The program found is older than the oldest version that this repo is tested with.",
    fix: ["npm run doctor"],
  },
  TF1110: {
    title: "inotify limits too low",
    cause:
      "Each kubelet, containerd and log reader uses inotify instances; with the kernel's defaults a node can run out.",
    fix: ["sudo sysctl fs.inotify.max_user_instances=512 fs.inotify.max_user_watches=524288"],
  },
  TF1111: {
    title: "privileged containers cannot start",
    cause:
      "This machine is itself a container or VM without CAP_SYS_RESOURCE. Minikube's docker driver, kind and k3d start privileged containers and fail; the embedded cluster does not need them.",
    fix: ["npm run up -- --cluster embedded"],
  },
  TF1112: {
    title: "Docker could not be installed",
    cause:
      "The distribution's packages could not be installed, or the daemon did not answer after its start.",
    fix: ["sudo apt-get update", "sudo apt-get install docker.io", "npm run doctor"],
  },
  TF1113: {
    title: "no permission to use Docker",
    cause: "The daemon runs, but this user may not open its socket.",
    fix: ['sudo usermod --append --groups docker "$USER"', "newgrp docker", "npm run doctor"],
  },
  TF1114: {
    title: "operating system not supported",
    cause: "TaskFlow runs on Linux, macOS and Windows' WSL 2, not in a native Windows shell.",
    fix: ["wsl --install", "# open the repo inside WSL 2 and run `npm run up` there"],
  },
  TF1115: {
    title: "cgroup limit too low",
    cause:
      "A cgroup holds this session, and with it the containers, below what the cluster and the app need.",
    fix: ["npm run doctor"],
  },
} as const satisfies Record<string, CodeEntry>;
