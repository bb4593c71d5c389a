/** An OpenAI-compatible endpoint that follows a script and records every request. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface ModelRequest {
  authorization: string | undefined;
  path: string | undefined;
  /** The whole body, to look for what must not be in it. */
  text: string;
  body: { model: string; messages: { role: string; content: string | null }[]; tools?: unknown[] };
}

/** One answer: a body to send with 200, or anything else by hand. */
export type Turn =
  | { say: string }
  | { call: { name: string; arguments: string }[] }
  | ((response: ServerResponse, request: IncomingMessage) => void);

export interface ModelServer {
  baseUrl: string;
  requests: ModelRequest[];
  close(): Promise<void>;
}

/** Answers each request with the next turn; the last one again where there is none left. */
export async function modelServer(...turns: Turn[]): Promise<ModelServer> {
  const requests: ModelRequest[] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const turn = turns[Math.min(requests.length, turns.length - 1)] as Turn;
    requests.push({
      authorization: request.headers.authorization,
      path: request.url,
      text,
      body: JSON.parse(text),
    });
    if (typeof turn === "function") {
      turn(response, request);
      return;
    }
    const message =
      "say" in turn
        ? { role: "assistant", content: turn.say }
        : {
            role: "assistant",
            content: null,
            tool_calls: turn.call.map((one, index) => ({
              id: `call-${index}`,
              type: "function",
              function: one,
            })),
          };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ id: "x", object: "chat.completion", choices: [{ index: 0, message }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
