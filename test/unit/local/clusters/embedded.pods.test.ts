import { expect, test } from "vitest";
import { staleContainers } from "../../../../local/clusters/embedded/pods.ts";

const pod = (name: string, state: unknown) => ({
  metadata: { namespace: "todo-app", name },
  status: { containerStatuses: [{ name: "app", state }] },
});
const boot = Date.parse("2026-11-23T18:00:10.400Z");

test("containers that run since before the node's start are stale; later, waiting and ended ones are not", () => {
  const items = [
    pod("old", { running: { startedAt: "2026-11-23T17:59:00Z" } }),
    pod("same-second", { running: { startedAt: "2026-11-23T18:00:10Z" } }),
    pod("new", { running: { startedAt: "2026-11-23T18:00:12Z" } }),
    pod("waits", { waiting: { reason: "PodInitializing" } }),
    { metadata: { namespace: "todo-app", name: "unseen" }, status: {} },
  ];
  expect(staleContainers(JSON.stringify({ items }), boot)).toEqual(["todo-app/old"]);
});
