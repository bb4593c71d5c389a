/** May a model's answer be shown? Only where it rests on what it was given, and tells to run nothing else. */
import type { Answer } from "../answer.ts";
import type { Exhibits } from "./exhibits.ts";

/** Commands that change nothing and print no secret, without anything that a shell would make more of. */
const looking =
  /^(kubectl( (-n|--namespace|--context|--kubeconfig)[ =]\S+)* (get|describe|logs|top|events|explain|version|cluster-info)\b|npm run (status|logs|diagnose|ask|doctor|open|preview)\b|helm (list|status|history)\b)(?![^\n]*\bsecrets?\b)[^;&|<>`$\\]*$/;

/** Where a command begins, in prose as in a block. */
const program =
  /\b(?:sudo |npx |env )*(?:kubectl|helm|pulumi|npm|docker|minikube|kind|k3d|curl|wget|rm|psql|bash|sh|chmod|ssh|python3?|node|git|systemctl|ctr|crictl|nc)\s+(?=[-a-z./'"$])[^`\n]*/g;
/** How a sentence goes on behind a command; another argument is none. */
const goesOn =
  /^ (?:\[|(?:to|and|or|then|again|first|which|for|as|if|so|once|after|before|shows?|tells?)\b)[\w\s.,:()[\]]*$/;
/** English that only begins like one: "node is", "kind of". */
const prose =
  /^(?:node|kind|git|sh|rm|python3?)\s+(?:is|of|was|has|and|or|that|the|to|in|are|does|can|with|on|process|exits?|exited|object|pool|selector|affinity)\b/;

/**
 * The reason why it may not be shown; undefined where it may.
 * @param known finding codes that the model was given.
 */
export function objection(
  text: string,
  answer: Answer,
  known: ReadonlySet<string>,
  exhibits: Exhibits,
): string | undefined {
  if (text.trim() === "") return "it is empty";
  const citations = [...text.matchAll(/\[((?:TF\d{4}|E\d+)(?:\s*[,;]\s*(?:TF\d{4}|E\d+))*)\]/g)].flatMap(
    (match) => (match[1] ?? "").split(/\s*[,;]\s*/),
  );
  const codes = text.match(/\bTF\d{4}\b/g) ?? [];
  const unknown = [...codes, ...citations].find((id) => !known.has(id) && !exhibits.has(id));
  if (unknown) return `it cites ${unknown}, which it was not given`;
  if (citations.length === 0) return "it cites no finding and no evidence";
  const given = [...answer.findings.flatMap(({ fix }) => fix), ...(answer.commands ?? [])].map(bare);
  const strange = commandsIn(text).find(
    (command) =>
      !looking.test(command) &&
      !given.some(
        (line) =>
          command === line || (command.startsWith(`${line} `) && goesOn.test(command.slice(line.length))),
      ),
  );
  if (strange !== undefined) return `it tells to run "${strange.slice(0, 80)}", which no finding gives`;
  // Not from the evidence: an address there may have been put there to be followed.
  const own = [answer.summary, ...given].join("\n");
  const address = text.match(/\bhttps?:\/\/[^\s)\]>"'`]+/gi)?.find((url) => !own.includes(url));
  return address && `it names the address ${address.slice(0, 80)}, which it was not given`;
}

/** Without the comment behind it. */
const bare = (line: string): string => line.replace(/\s+#.*$/, "").trim();

function commandsIn(text: string): string[] {
  return [...text.matchAll(program)]
    .map(([command]) => bare(command.replace(/[.,:;)\]]+\s*$/, "")))
    .filter((command) => !prose.test(command));
}
