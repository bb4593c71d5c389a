import {
  Agent,
  createServer,
  get,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { HttpDrain } from "@/lib/lifecycle/drain";

let server: Server;
let drain: HttpDrain;
const agents: Agent[] = [];

afterEach(() => {
  drain.dispose();
  for (const agent of agents.splice(0)) agent.destroy();
  server.closeAllConnections();
  server.close();
});

async function serve(listener: RequestListener): Promise<void> {
  drain = new HttpDrain();
  server = createServer(listener);
  // Longer than any test: what ends the drain in these tests is the connections, not the time.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
}

function keepAliveAgent(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  agents.push(agent);
  return agent;
}

/** The answer once its headers are there. */
function ask(agent: Agent): Promise<IncomingMessage> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    get({ port, host: "127.0.0.1", agent }, resolve).on("error", reject);
  });
}

async function text(response: IncomingMessage): Promise<string> {
  let all = "";
  for await (const chunk of response) all += chunk;
  return all;
}

it("finishes what was begun, and tells its connection to close", async () => {
  const begun = Promise.withResolvers<ServerResponse>();
  await serve((_request, response) => begun.resolve(response));
  const answer = ask(keepAliveAgent());
  const unfinished = await begun.promise;
  const drained = drain.drain(60_000);
  unfinished.end("done");
  const response = await answer;
  expect(response.headers.connection).toBe("close");
  expect(await text(response)).toBe("done");
  expect(await drained).toEqual({ cutOff: 0 });
  expect(server.listening).toBe(false);
});

it("lets a stream of events run to its end", async () => {
  const begun = Promise.withResolvers<ServerResponse>();
  await serve((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: 1\n\n");
    begun.resolve(response);
  });
  const answer = await ask(keepAliveAgent());
  const stream = await begun.promise;
  // Nobody else is connected, and the time in which idle connections are waited for is over at once.
  server.keepAliveTimeout = 0;
  const drained = drain.drain(60_000);
  stream.write("data: 2\n\n");
  setTimeout(() => stream.end("data: 3\n\n"), 200);
  expect(await text(answer)).toBe("data: 1\n\ndata: 2\n\ndata: 3\n\n");
  expect(await drained).toEqual({ cutOff: 0 });
});

it("tells clients a shorter time than it keeps idle connections", async () => {
  await serve((_request, response) => response.end("ok"));
  server.keepAliveTimeout = 5_000;
  const response = await ask(keepAliveAgent());
  expect(response.headers["keep-alive"]).toBe("timeout=5");
  expect(server.keepAliveTimeoutBuffer).toBeGreaterThanOrEqual(4_000);
  await text(response);
});

it("goes on answering, over connections kept open and new ones, until they are gone", async () => {
  await serve((_request, response) => response.end("ok"));
  const kept = keepAliveAgent();
  const before = await ask(kept);
  expect(before.headers.connection).toBe("keep-alive");
  await text(before);
  const drained = drain.drain(60_000);
  // A client that has not noticed anything yet, and one that only comes now.
  const [late, fresh] = await Promise.all([ask(keepAliveAgent()), ask(keepAliveAgent())]);
  expect(await text(late)).toBe("ok");
  expect(await text(fresh)).toBe("ok");
  const again = await ask(kept);
  expect(again.headers.connection).toBe("close");
  expect(await text(again)).toBe("ok");
  expect(await drained).toEqual({ cutOff: 0 });
});

it("cuts off at the deadline what does not end", async () => {
  await serve((_request, response) => {
    response.write("begun");
  });
  const response = await ask(keepAliveAgent());
  const closed = new Promise((resolve) => response.on("error", resolve));
  response.resume();
  expect(await drain.drain(10)).toEqual({ cutOff: 1 });
  await closed;
});

it("ends at once where nobody is connected", async () => {
  await serve((_request, response) => response.end("ok"));
  expect(await drain.drain(60_000)).toEqual({ cutOff: 0 });
});
