import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Server, ServerResponse } from "node:http";

/** Milliseconds between two looks at the connections that are still open. */
const POLL_MS = 50;

/**
 * Milliseconds that an idle connection is kept beyond the time that clients are told, for a request that is on its
 * way when it runs out. Seconds, as a busy machine delays both sides.
 */
const KEEP_ALIVE_MARGIN_MS = 4_000;

interface RequestStart {
  response: ServerResponse;
  server: Server;
}

export interface DrainResult {
  /** Responses that the deadline cut off. */
  cutOff: number;
}

/**
 * Knows every HTTP server and unfinished response of this process, through Node's own diagnostics channel:
 * Next.js makes the server and hands it to nobody.
 */
export class HttpDrain {
  private readonly servers = new Set<Server>();
  private readonly inFlight = new Set<ServerResponse>();
  private draining = false;

  private readonly onRequest = (message: unknown): void => {
    const { response, server } = message as RequestStart;
    this.servers.add(server);
    server.keepAliveTimeoutBuffer = KEEP_ALIVE_MARGIN_MS;
    this.inFlight.add(response);
    response.once("close", () => this.inFlight.delete(response));
    if (this.draining) response.setHeader("Connection", "close");
  };

  constructor() {
    subscribe("http.server.request.start", this.onRequest);
  }

  /** Stops watching. */
  dispose(): void {
    unsubscribe("http.server.request.start", this.onRequest);
  }

  /**
   * Ends all servers without failing a request.
   *
   * Closing idle connections at once would race with clients that are just sending on them. So every answer
   * now says `Connection: close`, and the servers go on listening until each connection was told so or has
   * been idle for its whole keep-alive time, which the client knows too. Only then do they close.
   * @param deadlineMs after which what is left is cut off
   */
  async drain(deadlineMs: number): Promise<DrainResult> {
    const start = Date.now();
    this.draining = true;
    for (const response of this.inFlight) {
      if (!response.headersSent) response.setHeader("Connection", "close");
    }
    const keepAlive = Math.max(0, ...[...this.servers].map((server) => server.keepAliveTimeout));
    const window = Math.min(keepAlive + KEEP_ALIVE_MARGIN_MS, deadlineMs);
    await this.connectionsGone(start + window);
    for (const server of this.servers) {
      server.close();
      server.closeIdleConnections();
    }
    await this.connectionsGone(start + deadlineMs);
    const cutOff = this.inFlight.size;
    for (const server of this.servers) server.closeAllConnections();
    return { cutOff };
  }

  /** Resolves when no connection is open, or at `until` (milliseconds since the epoch). */
  private async connectionsGone(until: number): Promise<void> {
    while ((await this.connections()) > 0 && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  private async connections(): Promise<number> {
    const counts = [...this.servers].map(
      (server) =>
        new Promise<number>((resolve) => server.getConnections((error, count) => resolve(error ? 0 : count))),
    );
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }
}
