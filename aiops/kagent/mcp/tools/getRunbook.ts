import { z } from "zod";
import type { ReadTool } from "../call.ts";
import { runbook } from "../runbooks.ts";

const input = z.object({ code: z.string().max(40).describe("A code of a finding or an error, e.g. TF1502") });
const output = z.object({
  code: z.string(),
  title: z.string(),
  cause: z.string(),
  fix: z.array(z.string()).describe("Lines for a shell; what stands in <> is to be filled in"),
  page: z.string().describe("The runbook page, in Markdown"),
});

export const getRunbook: ReadTool<typeof input, typeof output> = {
  name: "get_runbook",
  title: "Get the runbook of a code",
  description: "What a code (TF1502, ...) of a finding or error means, why it happens and how to mend it.",
  input,
  output,
  run: async ({ code }, { runbooks }) => {
    const data = await runbook(code, runbooks);
    return { data, text: data.page };
  },
};
