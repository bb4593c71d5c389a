import { describe, expect, test } from "vitest";
import { refusal } from "../../../../aiops/kagent/ask/answer.ts";
import { askable, type Intent, parseQuestion } from "../../../../aiops/kagent/ask/parse.ts";
import { topics } from "../../../../aiops/kagent/ask/words.ts";

describe("what is asked, and about what", () => {
  test.each<[string, Intent, string?]>([
    // The plan's three.
    ["Why is the backend pod crashing?", "why", "backend"],
    ["Show me all pods with high memory usage", "memory"],
    ["Is the backend service accessible?", "access", "backend"],
    // Why.
    ["why does the api keep failing", "why", "backend"],
    ["Why is the frontend restarting?", "why", "frontend"],
    ["Which pods are pending?", "why"],
    ["What's wrong with the UI?", "why", "frontend"],
    ["What is the reason for the ImagePullBackOff?", "why"],
    ["Why was the backend OOMKilled?", "why", "backend"],
    ["why is backend-5d9f7c8b6d-x2x4k not ready", "why", "backend-5d9f7c8b6d-x2x4k"],
    ["Why is the redis pod crashing?", "why", "redis"],
    ["Why is it failing?", "why"],
    // Use and speed.
    ["which pod uses the most CPU", "cpu"],
    ["How much RAM does the server need?", "memory", "backend"],
    ["Why is the API slow?", "slow", "backend"],
    ["Are requests to the web site timing out?", "slow", "frontend"],
    // Reachability.
    ["Can I reach the web UI?", "access", "frontend"],
    ["Is the frontend up?", "access", "frontend"],
    ["why can't the backend reach the database?", "database", "backend"],
    ["Is the DB reachable?", "database", "database"],
    ["Did the migrations run?", "database"],
    ["Does a network policy block traffic to the backend?", "network", "backend"],
    ["Does cluster DNS work?", "network"],
    // What runs, what changed.
    ["What changed in the last deployment?", "rollout"],
    ["what changed?", "rollout"],
    ["Is the rollout done?", "rollout"],
    ["Which image does the frontend run?", "images", "frontend"],
    ["What version of the backend is deployed?", "images", "backend"],
    ["How many replicas does the backend have?", "replicas", "backend"],
    ["how many pods are running", "replicas"],
    ["List the services", "services"],
    ["Show me the pods", "pods"],
    ["Which pods restarted?", "restarts"],
    // Around.
    ["Are there any errors in the backend logs?", "logs", "backend"],
    ["Show recent warning events", "events"],
    ["Is the HPA scaling?", "autoscaling"],
    ["Is the node under disk pressure?", "node"],
    ["Is the node ready?", "node"],
    ["Are all volumes bound?", "storage"],
    ["Is a config map or secret missing?", "config"],
    ["Is the quota used up?", "quota"],
    // What to do.
    ["How do I fix the backend?", "fix", "backend"],
    ["What should I do now that the pods fail?", "fix"],
    ["How can I roll back?", "rollback"],
    ["Is everything ok?", "health"],
    ["status", "health"],
    ["Is the cluster healthy?", "health"],
  ])("%s", (text, intent, component) => {
    expect(parseQuestion(text)).toEqual({ intent, ...(component ? { component } : {}) });
  });

  test("case, quotes, spaces and typographic apostrophes make no difference", () => {
    const plain = parseQuestion("why is the backend pod crashing");
    for (const text of ["WHY IS THE BACKEND POD CRASHING?!", '"Why  is the\n backend pod crashing?"']) {
      expect(parseQuestion(text)).toEqual(plain);
    }
    expect(parseQuestion("What’s wrong with the backend’s pod?")).toEqual({
      intent: "why",
      component: "backend",
    });
  });

  test("each example in the list of what can be asked is understood as such", () => {
    for (const [name, { example }] of Object.entries(topics))
      expect(parseQuestion(example).intent).toBe(name);
    expect(askable()).toHaveLength(Object.keys(topics).length);
  });

  test("a very long question, and one of nothing but signs, end quickly", () => {
    const begin = performance.now();
    expect(parseQuestion(`${"why ".repeat(100_000)}backend`).intent).toBe("topic");
    expect(parseQuestion("?!…").intent).toBe("empty");
    expect(parseQuestion("a-".repeat(50_000)).intent).toBe("topic");
    expect(performance.now() - begin).toBeLessThan(1_000);
  });
});

describe("what is not answered", () => {
  test.each<[string, Intent]>([
    ["", "empty"],
    ["   ", "empty"],
    ["Warum stürzt der Backend-Pod ab?", "language"],
    ["Zeige mir alle Pods mit hohem Speicher", "language"],
    ["Ist der Backend-Service erreichbar?", "language"],
    ["Pourquoi le pod backend plante-t-il ?", "language"],
    ["¿Por qué falla el pod del backend?", "language"],
    ["Perché il backend non funziona?", "language"],
    ["Waarom crasht de backend pod?", "language"],
    ["Почему падает backend pod?", "language"],
    ["为什么 backend pod 崩溃？", "language"],
    ["لماذا يتعطل الخادم؟", "language"],
    ["Why is the sky blue?", "topic"],
    ["What's the weather in Berlin?", "topic"],
    ["Write me a poem", "topic"],
    ["How are you doing?", "topic"],
    ["How do I fix my bike?", "topic"],
    ["Delete the backend pod", "change"],
    ["please restart the frontend", "change"],
    ["Can you scale the backend to 3 replicas?", "change"],
  ])("%s", (text, intent) => expect(parseQuestion(text).intent).toBe(intent));

  const here = { namespace: "todo-app", names: ["dev", "embedded", "taskflow"] };
  const reasonFor = (text: string) => refusal(parseQuestion(text), here)?.reason;

  test.each([
    "Why is the backend crashing in the production cluster?",
    "Is the api up in prod?",
    "What runs on the other cluster?",
    "Why do pods fail on our EKS?",
    "Which pods fail in namespace kube-system?",
    "Are the pods in the payments namespace healthy?",
    "Is everything ok in kube-system?",
    "Why is the backend crashing in context kind-test?",
  ])("another place: %s", (text) => expect(reasonFor(text)).toBe("elsewhere"));

  test.each([
    "Why is the backend crashing in this cluster?",
    "Is the backend healthy in the cluster?",
    "Are the pods in namespace todo-app healthy?",
    "Are the pods in the dev cluster healthy?",
    "Is everything ok in the taskflow cluster?",
    "Which pods in the cluster use the most memory?",
    "Which pods in the namespace fail?",
  ])("this place: %s", (text) => expect(reasonFor(text)).toBeUndefined());

  test("says how to look at the other namespace", () => {
    expect(refusal(parseQuestion("Which pods fail in namespace payments?"), here)?.why).toContain(
      "--namespace payments",
    );
  });
});
