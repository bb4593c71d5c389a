import { containerFinding, fact } from "./finding.ts";
import { earlierSpec, rollbackOf } from "./history.ts";
import { type Container, containers, eventsOf, podRef } from "./pods.ts";
import type { Check, Snapshot } from "./types.ts";

const reasons = new Set(["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ImageInspectError"]);

/** [what the registry or the runtime said, what that means] */
const meanings: readonly (readonly [RegExp, string])[] = [
  [/toomanyrequests|too many requests|\b429\b/i, "the registry limits how often this address may pull"],
  [
    /unauthorized|authorization failed|denied|forbidden|\b40[13]\b/i,
    "the registry refuses to give it without other credentials",
  ],
  [
    /no such host|i\/o timeout|connection refused|network is unreachable|TLS handshake|server misbehaving|x509/i,
    "the node cannot reach the registry",
  ],
  [
    /no match for platform|no matching manifest/i,
    "the registry has it, but not for this node's architecture",
  ],
  [/not found|manifest unknown|does not exist/i, "the registry has no such image or tag"],
  [
    /InvalidImageName|invalid reference format|failed to apply default image tag/i,
    "its name is not a valid image reference",
  ],
];

/** F02: the node has to pull the image and cannot. The reason stands in the event rather than in the status. */
export const imagePull: Check = (snapshot) =>
  containers(snapshot)
    .filter(({ status }) => reasons.has(status.state?.waiting?.reason ?? ""))
    .map((container) => {
      const object = podRef(container.pod, container.name);
      const { reason, message } = container.status.state?.waiting ?? {};
      const said = pullMessages(snapshot, container);
      const image = container.spec?.image ?? container.status.image;
      const meaning = image.includes("/")
        ? meanings.find(([pattern]) => pattern.test([reason, message, ...said].join("\n")))?.[1]
        : "the node does not have it, and without a registry in its name it can only be loaded";
      return containerFinding("TF1502", container, {
        what: `${container.name} waits for image ${image}: ${meaning ?? "it cannot be pulled"}${earlierImage(snapshot, container)}.`,
        evidence: [
          ...said.slice(-1).map((text) => fact("event", object, text)),
          fact("status", object, `${reason}: ${message ?? ""}`),
        ],
        values: { image },
        proposals: rollbackOf(snapshot, container),
      });
    });

/** `; the revision before used tag v1` (or the whole name where that differs too), or nothing. */
export function earlierImage(snapshot: Snapshot, container: Container): string {
  const before = earlierSpec(snapshot, container)?.image;
  const now = container.spec?.image;
  if (before === undefined || before === now) return "";
  const [name, tag] = nameAndTag(before);
  return tag !== undefined && name === nameAndTag(now ?? "")[0]
    ? `; the revision before used tag ${tag}`
    : `; the revision before used ${before}`;
}

/** `localhost:5000/todo:v1` -> [`localhost:5000/todo`, `v1`] */
function nameAndTag(image: string): [string, string | undefined] {
  const match = /^(.+?)(?::([\w.-]+))?$/.exec(image);
  return [match?.[1] ?? image, match?.[2]];
}

function pullMessages(snapshot: Snapshot, { pod, name }: Container): string[] {
  return eventsOf(snapshot, pod, name)
    .filter((event) => event.reason === "Failed" && /failed to pull image/i.test(event.message ?? ""))
    .map((event) => event.message ?? "");
}
