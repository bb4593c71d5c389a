import { Argument, Command } from "commander";
import { type Answer, answer, refusal } from "../../aiops/kagent/ask/answer.ts";
import { withLogs } from "../../aiops/kagent/ask/logs.ts";
import { converse, type Phrased } from "../../aiops/kagent/ask/model/converse.ts";
import { Exhibits } from "../../aiops/kagent/ask/model/exhibits.ts";
import { type ModelSettings, modelSettings } from "../../aiops/kagent/ask/model/settings.ts";
import { askable, isRefusal, parseQuestion, type Question } from "../../aiops/kagent/ask/parse.ts";
import { diagnose } from "../../aiops/kagent/checks/index.ts";
import { survey } from "../../aiops/kagent/checks/survey.ts";
import type { Finding, Snapshot } from "../../aiops/kagent/checks/types.ts";
import { codes, TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { aimedAt, inNamespace, type LookedAt, lookedAt, type NamespaceOptions } from "../lookedAt.ts";
import { withStack } from "../options.ts";
import { renderAnswer } from "../ui/answer.ts";
import { styleOf } from "../ui/error.ts";
import { interruptible } from "../ui/interrupt.ts";
import { wrap } from "../ui/text.ts";

interface AskOptions extends NamespaceOptions {
  json?: boolean;
  model: boolean;
}

/** Looks, changes nothing. What was found is always printed; a model's words only stand beside it. */
export function ask(): Command {
  return withStack(new Command("ask"))
    .description("answer a question about the deployment, from what the diagnosis finds")
    .addArgument(new Argument("[question...]", 'in quotes, e.g. "Why is the backend pod crashing?"'))
    .option("-n, --namespace <name>", "ask about another namespace than the stack's")
    .option("--no-model", "ask no model, even where OPENAI_API_KEY or OPENAI_BASE_URL is set")
    .option("--json", "print the answer as JSON on standard output")
    .addHelpText(
      "after",
      () =>
        `\nWhat can be asked:\n${askable()
          .map((line) => `  ${line}`)
          .join("\n")}`,
    )
    .action(async (words: string[], options: AskOptions) => {
      const text = words.join(" ");
      const question = parseQuestion(text);
      if (question.intent === "empty") throw new TaskFlowError("TF1802", { what: "there is no question" });
      if (isHopeless(question, options))
        throw cannot(refusal(question, { namespace: "", names: [] })?.why ?? "");
      const at = await lookedAt(options);
      const refused = refuse(question, at);
      const model = modelOf(options, at);
      // A model may know the language, or what was meant; no model knows another cluster or may change something.
      const usable =
        !refused || ((refused.reason === "language" || refused.reason === "topic") && model.settings);
      if (!usable) throw cannot(refused.why);
      await interruptible(async (signal) => {
        const seen = await look(at, question, signal);
        const meant: Question = refused ? { intent: "health" } : question;
        const found = answer(meant, seen.snapshot, seen.findings);
        const style = styleOf(process.stdout);
        if (!options.json && !refused) console.log(renderAnswer(found, style));
        const phrased = model.settings
          ? await phrase(model.settings, text, found, { api: at.api, ...seen, signal })
          : model;
        if (refused && !phrased.said) {
          if (phrased.note) console.error(phrased.note);
          throw cannot(refused.why);
        }
        if (options.json) {
          console.log(JSON.stringify(answerJson(text, question, found, phrased, seen.snapshot), null, 2));
          return;
        }
        if (refused) console.log(renderAnswer(found, style));
        if (phrased.said) {
          console.log(
            `\nIn the words of ${model.settings?.model} (it may err; what was found stands above):\n`,
          );
          console.log(phrased.said.lines.map((line) => `  ${line}`).join("\n"));
        }
        if (phrased.note) console.error(`\n${phrased.note}`);
      });
    });
}

/** Is it known already, without a look at the cluster, that there will be no answer? */
function isHopeless({ intent, elsewhere }: Question, { model }: AskOptions): boolean {
  if (!isRefusal(intent) || elsewhere) return false;
  const mayAsk = model && Boolean(process.env.OPENAI_API_KEY || process.env.OPENAI_BASE_URL);
  return !(mayAsk && (intent === "language" || intent === "topic"));
}

const cannot = (why: string): TaskFlowError =>
  new TaskFlowError("TF1803", { what: `${why}. What can be asked:`, detail: shortList() });

/** The titles, as lines that fit the error's screen. */
function shortList(): string[] {
  const titles = askable().map((line) => line.replace(/: ".*/, ""));
  return wrap(titles.join("; "), 90);
}

function refuse(question: Question, { namespace, access, deployed }: LookedAt) {
  const { stack, cluster } = deployed;
  return refusal(question, { namespace, names: [stack.name, cluster.kind, access.context, cluster.name] });
}

/** The model's settings, or why they are of no use; neither where no model is wanted. */
function modelOf(
  options: AskOptions,
  { deployed }: LookedAt,
): { settings?: ModelSettings; note?: string; said?: Phrased } {
  if (!options.model) return {};
  try {
    const settings = modelSettings(process.env, deployed.stack.config.aiModel);
    return settings ? { settings } : {};
  } catch (error) {
    if (error instanceof TaskFlowError) return { note: notUsed(error) };
    throw error;
  }
}

/** In one line, why the answer stands without a model. */
export const notUsed = ({ code, what }: TaskFlowError): string =>
  `The model was not used (${code} ${codes[code].title}: ${what}); the answer rests on the findings alone.`;

async function look(at: LookedAt, { intent, component }: Question, signal: AbortSignal) {
  const snapshot = await inNamespace(
    at,
    async () => {
      const seen = await survey(at.api, at.namespace, signal);
      return intent === "logs" ? withLogs(at.api, seen, component, signal) : seen;
    },
    signal,
  );
  return { snapshot, findings: aimedAt(diagnose(snapshot), at.access) };
}

interface Seen {
  api: LookedAt["api"];
  snapshot: Snapshot;
  findings: readonly Finding[];
  signal: AbortSignal;
}

/** Trouble with the model is told, and never the end of the answer. */
async function phrase(
  settings: ModelSettings,
  text: string,
  found: Answer,
  seen: Seen,
): Promise<{ said?: Phrased; note?: string }> {
  console.error(
    `\nAsking ${settings.model} at ${new URL(settings.baseUrl).host} (--no-model does without) ...`,
  );
  try {
    return { said: await converse(settings, text, found, { ...seen, exhibits: new Exhibits() }) };
  } catch (error) {
    if (error instanceof TaskFlowError) return { note: notUsed(error) };
    throw error;
  }
}

/** What `--json` prints; `model` is null where none was asked, and its `answer` where it was of no use. */
function answerJson(
  text: string,
  question: Question,
  found: Answer,
  phrased: { said?: Phrased; note?: string },
  snapshot: Snapshot,
) {
  return {
    question: text,
    intent: question.intent,
    component: question.component ?? null,
    namespace: snapshot.namespace,
    takenAt: snapshot.takenAt,
    ...found,
    notChecked: found.notChecked.map(({ what, why }) => ({ what, why })),
    model:
      phrased.said || phrased.note
        ? {
            answer: phrased.said?.lines.join("\n") ?? null,
            tools: phrased.said?.tools ?? [],
            note: phrased.note ?? null,
          }
        : null,
  };
}
