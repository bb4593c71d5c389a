/** Runbooks: the page of a code where a folder with the pages is given, and what the registry says in any case. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { cleanLine } from "../checks/text.ts";
import { type Code, codes, fillFix, TaskFlowError } from "../codes/index.ts";

export interface Runbook {
  code: Code;
  title: string;
  cause: string;
  /** Slots that a finding would fill are shown as `<name>`. */
  fix: string[];
  /** Markdown. */
  page: string;
}

/** @throws TaskFlowError TF1741 for what is no code. */
export async function runbook(wanted: string, folder: string | undefined): Promise<Runbook> {
  const code = wanted.trim().toUpperCase();
  if (!isCode(code)) {
    throw new TaskFlowError("TF1741", { what: `the registry has no code "${cleanLine(wanted, 40)}"` });
  }
  const { title, cause, fix } = codes[code];
  const lines = fillFix(fix);
  const short = `# ${code} ${title}\n\n${cause}\n\n## How to mend it\n\n\`\`\`sh\n${lines.join("\n")}\n\`\`\`\n`;
  // The name is one of the registry, so it leads nowhere else. A page may be missing: the folder is an option.
  const page = folder ? await readFile(join(folder, `${code}.md`), "utf8").catch(() => short) : short;
  return { code, title, cause, fix: lines, page };
}

const isCode = (text: string): text is Code => Object.hasOwn(codes, text);

export const allCodes = (Object.keys(codes) as Code[]).sort();
