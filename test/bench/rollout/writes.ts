/** What became of the writes: each acknowledged one must be in the database, once. */
import pg from "pg";
import { object } from "../../support/cluster.ts";
import { type Second, titleOf } from "./client.ts";
import type { Client } from "./load.ts";

export interface Writes {
  acknowledged: number;
  /** Acknowledged, and not there. */
  lost: number;
  /** There more than once. */
  duplicated: number;
  /** Failed for the client, and there all the same: allowed, as it could not know. */
  unacknowledged: number;
}

/** @param seen what each of the clients saw, in their order. */
export async function checkWrites(
  clients: readonly Client[],
  seen: readonly (readonly Second[])[],
): Promise<Writes> {
  const { data } = await object("secret", "backend-secrets");
  const url = new URL(Buffer.from(data.DATABASE_URL, "base64").toString());
  // The same server, as this machine reaches it.
  url.hostname = "127.0.0.1";
  const database = new pg.Client({ connectionString: url.toString() });
  await database.connect();
  const sum: Writes = { acknowledged: 0, lost: 0, duplicated: 0, unacknowledged: 0 };
  try {
    for (const [i, { spec }] of clients.entries()) {
      const seconds = seen[i] ?? [];
      const { rows } = await database.query<{ title: string; count: string }>(
        "SELECT title, count(*) FROM task WHERE starts_with(title, $1) GROUP BY title",
        [`${spec.name} `],
      );
      const there = new Map(rows.map(({ title, count }) => [title, Number(count)]));
      const isThere = (number: number) => there.has(titleOf(spec.name, number));
      const written = seconds.flatMap((second) => second.written);
      sum.acknowledged += written.length;
      sum.lost += written.filter((number) => !isThere(number)).length;
      sum.duplicated += [...there.values()].filter((count) => count > 1).length;
      sum.unacknowledged += seconds.flatMap((second) => second.unknown).filter(isThere).length;
    }
    return sum;
  } finally {
    await database.end();
  }
}
