import type { CodeEntry } from "./types.ts";

/** TF12xx: base images, builds and delivery to the node. */
export const images = {
  TF1201: {
    title: "image build failed",
    cause: "A step of the Dockerfile failed; its last lines are shown.",
    fix: ["npm run up"],
  },
  TF1202: {
    title: "base image not available",
    cause:
      "A base image is neither in the local Docker daemon nor to be had from its registry or from Debian packages.",
    fix: ["{fix}", "npm run doctor"],
  },
  TF1203: {
    title: "image not on the node",
    cause:
      "The image was built and sent, but the node does not have it under its ID; a loader can exit 0 on failure.",
    fix: ["npm run up", "npm run doctor"],
  },
  TF1204: {
    title: "image could not be sent to the node",
    cause: "The loader of this kind of cluster ended with an error.",
    fix: ["npm run status", "npm run up"],
  },
  TF1205: {
    title: "build without network",
    cause:
      "A build step could not reach a package registry: no network, no name resolution, or a proxy that Docker does not know.",
    fix: ["npm run doctor", "npm run up"],
  },
  TF1206: {
    title: "build does not trust the network's certificate",
    cause: "A proxy on this network signs with its own authority, which the build image does not know.",
    fix: ["NODE_EXTRA_CA_CERTS=/path/to/ca.pem npm run up"],
  },
  TF1207: {
    title: "cluster takes images from a registry only",
    cause:
      "TaskFlow can put images on the nodes of its own, of Minikube's, kind's, k3d's and Docker Desktop's clusters; any other cluster pulls them.",
    fix: [
      "pulumi config set --stack {stack} taskflow:registry ghcr.io/ME",
      "npm run up -- --cluster embedded",
    ],
  },
  TF1208: {
    title: "known vulnerabilities in an image",
    cause: "A package of the image has a vulnerability that its database calls critical or high.",
    fix: [
      "npm run scan -- --json   # every one of them, with the version that mends it",
      "# move to that version in frontend/, backend/ or local/baseImages/pins.ts, then:",
      "npm run scan",
    ],
  },
  TF1209: {
    title: "not scanned",
    cause:
      "Trivy or its vulnerability database can't be had here, so nothing is known about the images, good or bad.",
    fix: ["{fix}", "npm run scan"],
  },
  TF1210: {
    title: "no packages seen in an image",
    cause:
      "A scanner that sees no packages finds nothing wrong with them either: the image has lost its dpkg database, or the packages lie where the scanner does not look.",
    fix: ["docker history {image}", "npm run sbom"],
  },
  TF1211: {
    title: "no bill of materials",
    cause: "Syft ended with an error.",
    fix: ["npm run sbom"],
  },
} as const satisfies Record<string, CodeEntry>;
