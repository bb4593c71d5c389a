/** The tools of our MCP server, by the names under which kubectl-ai and kagent call them. */
export const readingTools = ["diagnose", "list_pods", "get_logs", "check_service", "get_runbook"] as const;
export const planTools = ["propose_plan", "get_plan", "apply_plan", "undo_plan"] as const;
export const toolNames: readonly string[] = [...readingTools, ...planTools];
