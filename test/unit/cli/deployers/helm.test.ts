import { describe, expect, test } from "vitest";
import { missingFrom } from "../../../../cli/deployers/helm.ts";

const object = (kind: string, name: string) =>
  `---\n# Source: todo-app/templates/x.yaml\napiVersion: v1\nkind: ${kind}\nmetadata:\n  name: ${name}\n`;

describe("missingFrom", () => {
  const before = object("Service", "frontend-service") + object("Ingress", "todo-app");

  test("names what the chart no longer renders", () => {
    expect(missingFrom(object("Service", "frontend-service"), before)).toEqual(["Ingress/todo-app"]);
  });

  test("another kind of the same name is another object", () => {
    expect(missingFrom(object("Service", "todo-app"), before)).toEqual([
      "Service/frontend-service",
      "Ingress/todo-app",
    ]);
  });

  test("nothing when the order or the content differs, or something is new", () => {
    const after = object("Ingress", "todo-app") + object("Service", "frontend-service") + object("X", "new");
    expect(missingFrom(after, before)).toEqual([]);
    expect(missingFrom(after, "---\n")).toEqual([]);
  });
});
