import type { CodeEntry } from "./types.ts";

/** TF11xx: this machine: Docker, disk, ports, tools. */
export const machine = {
  TF1101: {
    title: "Docker does not answer",
    cause: "The Docker daemon is not running, or this user may not talk to it.",
    fix: ["{fix}", "npm run doctor"],
  },
  TF1102: {
    title: "Docker can't build with BuildKit",
    cause: "The Dockerfiles use BuildKit; Docker clients from 23 on need the buildx plugin for it.",
    fix: [
      "sudo apt-get install docker-buildx-plugin   # or your distribution's docker-buildx",
      "docker buildx version",
    ],
  },
  TF1103: {
    title: "disk full",
    cause: "Docker could not write: the disk that holds its data has no space left.",
    fix: ["docker system df", "docker builder prune", "docker image prune"],
  },
  TF1104: {
    title: "Docker refused a command",
    cause: "The Docker daemon answered, but a command that TaskFlow needs failed.",
    fix: ["npm run doctor"],
  },
  TF1106: {
    title: "too little free disk space",
    cause: "The disk that holds the repo, the cache or Docker's data has less free space than a build needs.",
    fix: ["docker system df", "docker builder prune", "docker image prune"],
  },
  TF1107: {
    title: "port taken",
    cause: "Another program listens on the port under which the frontend would be published on this machine.",
    fix: ["pulumi config set --stack {stack} taskflow:hostPort {freePort}", "npm run up"],
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
      "Each kubelet, containerd and log reader takes inotify instances; with the kernel's defaults a node can run out.",
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
  TF1116: {
    title: "too little memory",
    cause: "The cluster and the app need 2 GiB; this machine or Docker's virtual machine has less to give.",
    fix: ["npm run doctor"],
  },
  TF1117: {
    title: "too few CPUs",
    cause: "Two CPUs are the supported minimum; with one, builds and start-up take far longer.",
    fix: ["npm run doctor"],
  },
} as const satisfies Record<string, CodeEntry>;
