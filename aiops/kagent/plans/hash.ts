/** The hash by which a plan is approved: what was shown is what is applied. */
import { createHash } from "node:crypto";
import type { PlanContent } from "./types.ts";

/** JSON with sorted keys and without whitespace: the same content is always the same text. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/**
 * SHA-256 over a plan's content. The two requests go in as their own hashes, so that whoever holds the page that is
 * shown, where values of environment variables are left out, can work it out too.
 */
export function planHash(content: PlanContent): string {
  const { change, undo, ...rest } = onlyContent(content);
  return shownHash({ ...rest, changeSha256: requestHash(change), undoSha256: requestHash(undo) });
}

export const requestHash = (request: unknown): string => sha256(canonical(request));

export type ShownContent = Omit<PlanContent, "change" | "undo"> & {
  changeSha256: string;
  undoSha256: string;
};

export const shownHash = (content: ShownContent): string => sha256(canonical(content));

/** The content alone, without what changes later. */
export function onlyContent(plan: PlanContent): PlanContent {
  const { id, namespace, proposal, finding, target, change, diff, risk, undo } = plan;
  const { createdAt, expiresAt, createdBy } = plan;
  return {
    id,
    namespace,
    proposal,
    finding,
    target,
    change,
    diff,
    risk,
    undo,
    createdAt,
    expiresAt,
    createdBy,
  };
}
