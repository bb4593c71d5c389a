/** Everything that the MCP server offers without being allowed to change anything. */
import type { McpServer } from "@modelcontextprotocol/server";
import { registerReadTool } from "./mcp/call.ts";
import type { ReadContext } from "./mcp/context.ts";
import { registerPrompts } from "./mcp/prompts.ts";
import { registerResources } from "./mcp/resources.ts";
import { checkService } from "./mcp/tools/checkService.ts";
import { diagnose } from "./mcp/tools/diagnose.ts";
import { getLogs } from "./mcp/tools/getLogs.ts";
import { getRunbook } from "./mcp/tools/getRunbook.ts";
import { listPods } from "./mcp/tools/listPods.ts";

/** In this order, always: a list that changes its order costs clients their cached prompts. */
export function registerTools(server: McpServer, context: ReadContext): void {
  registerReadTool(server, context, diagnose);
  registerReadTool(server, context, listPods);
  registerReadTool(server, context, getLogs);
  registerReadTool(server, context, checkService);
  registerReadTool(server, context, getRunbook);
  registerResources(server, context);
  registerPrompts(server, context);
}
