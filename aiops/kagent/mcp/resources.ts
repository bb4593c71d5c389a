/** What clients may read without calling a tool: runbooks, and the diagnosis of each namespace in scope. */
import {
  type McpServer,
  ProtocolError,
  ResourceNotFoundError,
  ResourceTemplate,
} from "@modelcontextprotocol/server";
import { codes, TaskFlowError } from "../codes/index.ts";
import { working } from "./call.ts";
import type { ReadContext } from "./context.ts";
import { allCodes, runbook } from "./runbooks.ts";
import { diagnosisOf } from "./tools/diagnose.ts";

/** JSON-RPC's code for an error inside the server. */
const internalError = -32_603;

const starting = (items: readonly string[], value: string) => items.filter((item) => item.startsWith(value));

export function registerResources(server: McpServer, context: ReadContext): void {
  const { namespaces, runbooks } = context;
  server.registerResource(
    "runbook",
    new ResourceTemplate("taskflow://runbooks/{code}", {
      list: () => ({
        resources: allCodes.map((code) => ({
          uri: `taskflow://runbooks/${code}`,
          name: code,
          title: `${code} ${codes[code].title}`,
          mimeType: "text/markdown",
        })),
      }),
      complete: { code: (value) => starting(allCodes, value.toUpperCase()) },
    }),
    {
      title: "Runbook of a code",
      description: "What it looks like, why it happens and how to mend it",
      mimeType: "text/markdown",
      cacheHint: { ttlMs: 3_600_000, cacheScope: "public" },
    },
    async (uri, { code }) => {
      const { page } = await runbook(String(code), runbooks).catch((error: unknown) => {
        throw error instanceof TaskFlowError ? new ResourceNotFoundError(uri.href, error.message) : error;
      });
      return { contents: [{ uri: uri.href, mimeType: "text/markdown", text: page }] };
    },
  );
  server.registerResource(
    "diagnosis",
    new ResourceTemplate("taskflow://diagnosis/{namespace}", {
      list: () => ({
        resources: namespaces.map((namespace) => ({
          uri: `taskflow://diagnosis/${namespace}`,
          name: `diagnosis of ${namespace}`,
          mimeType: "application/json",
        })),
      }),
      complete: { namespace: (value) => starting(namespaces, value) },
    }),
    {
      title: "Diagnosis of a namespace",
      description: "As the tool diagnose gives it, made anew at each reading",
      mimeType: "application/json",
      cacheHint: { ttlMs: 0, cacheScope: "private" },
    },
    async (uri, { namespace }, ctx) => {
      try {
        const data = await working(context, "read diagnosis", ctx.mcpReq.signal, (signal) =>
          diagnosisOf(context, String(namespace), signal),
        );
        return {
          contents: [{ uri: uri.href, mimeType: "application/json", text: JSON.stringify(data, null, 2) }],
        };
      } catch (error) {
        if (!(error instanceof TaskFlowError)) throw error;
        if (error.code === "TF1733") throw new ResourceNotFoundError(uri.href, error.message);
        throw new ProtocolError(internalError, error.message);
      }
    },
  );
}
