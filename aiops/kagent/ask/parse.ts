/** Understands a question by its words, without a model. */
import {
  changes,
  components,
  elsewhere,
  english,
  foreign,
  here,
  noName,
  subjects,
  type TopicName,
  topics,
} from "./words.ts";

/** Why a question is not answered. */
export type Refusal = "empty" | "language" | "elsewhere" | "change" | "topic";
export type Intent = TopicName | Refusal;

export interface Question {
  intent: Intent;
  /** `backend`, `frontend`, `database`, or the name that the question gives before or after "pod", "service", … */
  component?: string;
  /** Another cluster or namespace that the question names. */
  elsewhere?: { kind: "cluster" | "namespace"; name: string };
}

/** A question is a sentence or two; more is not read. */
const longest = 600;

/** Pure. Gives a refusal as the intent where the words mean nothing that can be answered. */
export function parseQuestion(text: string): Question {
  const words = plain(text);
  if (words === "") return { intent: "empty" };
  if (!isEnglish(words)) return { intent: "language" };
  const component = componentOf(words);
  const place = placeOf(words);
  const facts = {
    ...(component === undefined ? {} : { component }),
    ...(place === undefined ? {} : { elsewhere: place }),
  };
  if (place?.kind === "cluster") return { intent: "elsewhere", ...facts };
  if (changes.test(words)) return { intent: "change", ...facts };
  const about = component !== undefined || subjects.test(words);
  const topic = topicNames.find((name) => {
    const { words: pattern, ...rest } = topics[name];
    return pattern.test(words) && (about || !("common" in rest));
  });
  return { intent: topic ?? "topic", ...facts };
}

const topicNames = Object.keys(topics) as TopicName[];

export const isRefusal = (intent: Intent): intent is Refusal => !(intent in topics);

/** What can be asked, one line each. */
export const askable = (): string[] =>
  topicNames.map((name) => `${topics[name].title}: "${topics[name].example}"`);

/** Lower case, one space between words, no punctuation but what names have. */
function plain(text: string): string {
  return text
    .slice(0, longest)
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\u2018\u2019`´]/g, "'")
    .replace(/'s\b/g, " ")
    .replace(/[^\p{L}\p{N}\p{M}./:@_-]+/gu, " ")
    .replace(/[.:/]+(?=\s|$)/g, " ")
    .replace(/\s+/g, " ")
    .trim();
}

function isEnglish(text: string): boolean {
  const letters = text.match(/\p{L}/gu) ?? [];
  const latin = text.match(/\p{Script=Latin}/gu) ?? [];
  // English words such as "pod" stand in questions of every language.
  if (letters.length - latin.length > 2) return false;
  const all = text.split(" ");
  const count = (set: ReadonlySet<string>) => all.filter((word) => set.has(word)).length;
  return count(foreign) <= count(english);
}

/** `backend-5d9f7c-x2x4k` or `redis` of "the redis pod"; otherwise by the words that people use. */
function componentOf(text: string): string | undefined {
  const pod = /\b([a-z0-9]+(?:-[a-z0-9]+)*-[a-z0-9]{5,10}-[a-z0-9]{5})\b/.exec(text)?.[1];
  if (pod) return pod;
  const known = components.find(([pattern]) => pattern.test(text))?.[1];
  if (known) return known;
  const kinds = "(?:pods?|containers?|services?|deployments?|components?)";
  const before = [...text.matchAll(new RegExp(`\\b([a-z0-9][a-z0-9-]*) ${kinds}\\b`, "g"))];
  // Behind it stands a verb as a rule: only what looks like a name is one.
  const after = [
    ...text.matchAll(/\b(?:pod|container|service|deployment) (?:(?:named|called) )?([a-z0-9]+-[a-z0-9-]+)/g),
  ];
  return [...before, ...after]
    .map((match) => match[1] ?? "")
    .find((name) => !noName.test(name) && !english.has(name) && !isTopicWord(name));
}

/** "memory", "errors" and the like name no pod. */
const isTopicWord = (word: string): boolean => topicNames.some((name) => topics[name].words.test(word));

function placeOf(text: string): Question["elsewhere"] {
  for (const [pattern, kind] of elsewhere) {
    const name = pattern.exec(text)?.[1];
    if (name && !here.test(name) && !isTopicWord(name))
      return { kind, name: name.replace(/ namespace$/, "") };
  }
  return undefined;
}
