import { describe, expect, test } from "vitest";
import { outputs } from "../../../components/outputs.ts";

const config = { namespace: "todo-app", appUrl: "https://todo.example.com", hostPort: 3100 };
const images = {
  frontend: { repository: "ghcr.io/me/todo-frontend", tag: "v1.0.0-0123456789ab" },
  backend: { repository: "todo-backend", tag: "v1.0.0-ba9876543210" },
};
const access = { kubeconfig: "/state/kubeconfig", context: "taskflow" };

describe("outputs", () => {
  test("names what was deployed", () => {
    expect(outputs(config, images, undefined, access)).toMatchObject({
      namespace: "todo-app",
      release: "todo-local",
      backendUrl: "http://backend-service.todo-app.svc.cluster.local:8000",
      images: {
        frontend: "ghcr.io/me/todo-frontend:v1.0.0-0123456789ab",
        backend: "todo-backend:v1.0.0-ba9876543210",
      },
    });
  });

  test("the frontend's URL is the node's where there is one, else the app's", () => {
    expect(outputs(config, images, "http://localhost:3000", access).frontendUrl).toBe(
      "http://localhost:3000",
    );
    expect(outputs(config, images, undefined, access).frontendUrl).toBe("https://todo.example.com");
  });

  test("the port-forwards name the cluster outright", () => {
    const { frontend, backend } = outputs(config, images, undefined, access).portForward;
    const kubectl = "kubectl --kubeconfig /state/kubeconfig --context taskflow -n todo-app port-forward";
    expect(frontend).toBe(`${kubectl} svc/frontend-service 3100:3000`);
    expect(backend).toBe(`${kubectl} svc/backend-service 8000:8000`);
  });
});
