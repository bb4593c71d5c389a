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
      "sudo apt-get install docker-buildx-plugin   (or your distribution's docker-buildx)",
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
} as const satisfies Record<string, CodeEntry>;
