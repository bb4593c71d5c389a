export { approvalCode, approvalKey, approvalKeyOf, readApprovalKey } from "./approval.ts";
export { type Audit, brokenAt, chainedAudit, fileAudit } from "./audit.ts";
export type { Requester } from "./claim.ts";
export { type Applied, type Desk, type DeskOptions, planDesk, type Wish } from "./desk.ts";
export { fileStore } from "./fileStore.ts";
export { memoryStore, type PlanStore } from "./store.ts";
export type { Approval, Plan, PlanState } from "./types.ts";
export { isWhole, type PlanView, planText, planView } from "./view.ts";
