import { describe, expect, test } from "vitest";
import { chartValues, imageRef } from "../../../components/chartValues.ts";
import { parseStackConfig } from "../../../components/stackConfig.ts";

const none = { databaseUrl: false, betterAuthSecret: false, openaiApiKey: false };
const config = (raw: Record<string, unknown> = {}) =>
  parseStackConfig("dev", { environment: "dev", ...raw }, none);
const images = {
  frontend: { repository: "todo-frontend", tag: "v1.0.0-0123456789ab" },
  backend: { repository: "todo-backend", tag: "v1.0.0-ba9876543210" },
};

describe("chartValues", () => {
  test("names Secrets and holds none", () => {
    expect(chartValues(config(), images)).toMatchObject({
      env: { databaseUrl: "", betterAuthSecret: "", openaiApiKey: "", appUrl: "http://localhost:3000" },
      existingSecret: { frontend: "frontend-secrets", backend: "backend-secrets" },
      image: { pullPolicy: "IfNotPresent", ...images },
      replicaCount: { frontend: 1, backend: 1 },
      service: { frontend: { nodePort: 30300 } },
    });
  });

  test("leaves to the environment's baseline what the stack does not configure", () => {
    for (const key of ["resources", "ingress", "autoscaling"]) {
      expect(chartValues(config(), images)).not.toHaveProperty(key);
    }
  });

  test("hands on what it does", () => {
    const resources = { backend: { limits: { memory: "1Gi" } } };
    const ingress = { enabled: true, host: "todo.example.com" };
    const autoscaling = { enabled: true, maxReplicas: 2, targetCpuPercent: 60 };
    const scaled = { enabled: true, maxReplicas: 2, targetCPUUtilizationPercentage: 60 };
    expect(chartValues(config({ resources, ingress, autoscaling }), images)).toMatchObject({
      resources,
      ingress,
      autoscaling: { frontend: scaled, backend: scaled },
    });
  });

  test("pods roll when a secret was rotated or the database moved", () => {
    const revision = (raw: Record<string, unknown>, database?: string) =>
      chartValues(config(raw), images, database).secretsRevision;
    expect(revision({})).toBe("1");
    expect(revision({ secretsRevision: 2 })).toBe("2");
    expect(revision({ secretsRevision: 2 }, "abcd1234")).toBe("2-abcd1234");
  });
});

test("an image goes under the registry's path where one is configured", () => {
  expect(imageRef(images.backend, undefined)).toEqual(images.backend);
  expect(imageRef(images.backend, "ghcr.io/me")).toEqual({
    repository: "ghcr.io/me/todo-backend",
    tag: "v1.0.0-ba9876543210",
  });
});
