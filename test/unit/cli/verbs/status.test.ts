import { describe, expect, test } from "vitest";
import { podStatus } from "../../../../cli/verbs/status.ts";

type Pod = Parameters<typeof podStatus>[0];
const pod = (status: Partial<Pod["status"]>, metadata: Partial<Pod["metadata"]> = {}): Pod => ({
  metadata: { name: "backend-5d-x", labels: { app: "backend" }, ...metadata },
  spec: { containers: [{ image: "todo-backend:v1.0.0-0123456789ab" }] },
  status: { phase: "Running", ...status },
});
const waiting = (reason: string, restartCount = 0) => ({ restartCount, state: { waiting: { reason } } });

describe("podStatus", () => {
  test("a pod that is well", () => {
    const conditions = [
      { type: "Initialized", status: "True" },
      { type: "Ready", status: "True" },
    ];
    expect(podStatus(pod({ conditions, containerStatuses: [{ restartCount: 1 }] }))).toEqual({
      name: "backend-5d-x",
      component: "backend",
      ready: true,
      phase: "Running",
      restarts: 1,
      image: "todo-backend:v1.0.0-0123456789ab",
    });
  });

  test("one that is not ready, or of which nothing is known yet", () => {
    const conditions = [
      { type: "Initialized", status: "True" },
      { type: "Ready", status: "False" },
    ];
    expect(podStatus(pod({ conditions })).ready).toBe(false);
    expect(podStatus(pod({ phase: "Pending" }))).toMatchObject({
      ready: false,
      phase: "Pending",
      restarts: 0,
    });
  });

  test("says why a container waits", () => {
    const containerStatuses = [{ restartCount: 0, state: {} }, waiting("CrashLoopBackOff", 4)];
    expect(podStatus(pod({ containerStatuses }))).toMatchObject({ phase: "CrashLoopBackOff", restarts: 4 });
  });

  test("a migration that fails is told, not that the others wait for it", () => {
    const status = {
      phase: "Pending",
      initContainerStatuses: [waiting("CrashLoopBackOff", 2)],
      containerStatuses: [waiting("PodInitializing")],
    };
    expect(podStatus(pod(status))).toMatchObject({ phase: "Init:CrashLoopBackOff", restarts: 2 });
    expect(podStatus(pod({ ...status, initContainerStatuses: [{ restartCount: 0 }] })).phase).toBe("Pending");
  });

  test("one that goes", () => {
    expect(podStatus(pod({}, { deletionTimestamp: "2026-11-23T18:00:00Z" })).phase).toBe("Terminating");
  });
});
