/** Answers a question from one snapshot and its findings: the same input gives the same words. */
import type { Evidence, Finding, NotChecked, Snapshot } from "../checks/types.ts";
import { access } from "./answers/access.ts";
import { autoscaling, config, network, node, quota, storage } from "./answers/around.ts";
import { database } from "./answers/database.ts";
import { fix, health, rollback, slow, why } from "./answers/health.ts";
import { events, logs } from "./answers/said.ts";
import { images, pods, replicas, restarts, rollout, services } from "./answers/state.ts";
import { cpu, memory, usage } from "./answers/usage.ts";
import { isRefusal, type Question, type Refusal } from "./parse.ts";
import { knows, listed, partNames, View } from "./view.ts";
import type { TopicName } from "./words.ts";

/** One line of an answer, and where it stands. */
export interface Fact {
  text: string;
  evidence: Evidence;
}

export interface Answer {
  /** In one or two sentences. */
  summary: string;
  facts: Fact[];
  /** Those that bear on the question, root causes first. */
  findings: Finding[];
  /** What would have been needed and could not be read. */
  notChecked: NotChecked[];
  /** Lines that can be pasted into a shell, where the findings' own are not meant. */
  commands?: string[];
}

/** What one kind of question is answered with. Pure. */
export type Answerer = (view: View) => Answer;

const answerers: Readonly<Record<TopicName, Answerer>> = {
  rollback,
  fix,
  database,
  memory,
  cpu,
  usage,
  slow,
  autoscaling,
  network,
  access,
  logs,
  events,
  storage,
  quota,
  node,
  config,
  why,
  restarts,
  rollout,
  images,
  replicas,
  services,
  pods,
  health,
};

/**
 * @param question whose intent is no refusal.
 * @throws Error where it is one: there is nothing to answer.
 */
export function answer(question: Question, snapshot: Snapshot, findings: readonly Finding[]): Answer {
  if (isRefusal(question.intent)) throw new Error(`a question with intent ${question.intent} has no answer`);
  const { component } = question;
  if (component !== undefined && component !== "database" && !knows(snapshot, component)) {
    const there = partNames(snapshot);
    return {
      summary: `Namespace ${snapshot.namespace} has no "${component}"; ${there.length > 0 ? `it has ${listed(there)}` : "nothing of an app is there"}.`,
      facts: [],
      // Its pods may be missing because they are refused.
      findings: [...findings],
      notChecked: [],
    };
  }
  return answerers[question.intent](new View(snapshot, findings, component));
}

/** The names under which this cluster is known, for a question that names one. */
export interface Here {
  namespace: string;
  /** Stack, cluster and context. */
  names: readonly string[];
}

/** Why there is no answer; undefined where there is one. In one sentence. */
export function refusal(question: Question, here: Here): { reason: Refusal; why: string } | undefined {
  const { intent, elsewhere } = question;
  const isHere = elsewhere && [here.namespace, ...here.names].includes(elsewhere.name);
  if (elsewhere && !isHere) {
    return {
      reason: "elsewhere",
      why:
        elsewhere.kind === "namespace"
          ? `the question is about namespace ${elsewhere.name}, and namespace ${here.namespace} is looked at; --namespace ${elsewhere.name} looks there`
          : `the question is about another cluster (${elsewhere.name}); only ${here.names.at(-1) ?? "one"} is looked at`,
    };
  }
  if (!isRefusal(intent)) return undefined;
  const reasons: Readonly<Record<Refusal, string>> = {
    empty: "there is no question",
    language: "it is not in English, and without a model no other language is understood",
    elsewhere: "it names a cluster, but nothing to ask about it",
    change: "it wants something changed; asking only looks and changes nothing",
    topic: "no word of it is about something that this cluster could tell",
  };
  return { reason: intent, why: reasons[intent] };
}
