/** Bounds on what callers can make the server do. */

/** Bytes of a request's body. The largest call of these tools has some hundred. */
export const maxBody = 256 * 1024;
/** Milliseconds within which a request's headers, and the whole of it, have to arrive. */
export const headersTimeout = 10_000;
export const requestTimeout = 30_000;
/** Connections open at once. */
export const maxConnections = 128;
/** Requests a minute of one caller, unless an option says otherwise. */
export const defaultRate = 240;
/** Wrong tokens a minute from one address, before no more are asked about: each costs a TokenReview. */
export const maxRefusals = 30;

/** Lets each key do `perMinute` things, all at once if it likes, then one by one as time goes on. */
export class RateLimit {
  readonly #perMinute: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, { left: number; at: number }>();

  constructor(perMinute: number, now: () => number = () => performance.now()) {
    this.#perMinute = perMinute;
    this.#now = now;
  }

  /** Takes one. Returns 0, or the seconds to wait where none is left. */
  take(key: string): number {
    const bucket = this.#refilled(key);
    if (bucket.left < 1) return Math.ceil(((1 - bucket.left) * 60) / this.#perMinute);
    bucket.left -= 1;
    return 0;
  }

  /** Is none left? Takes none. */
  spent(key: string): boolean {
    return this.#refilled(key).left < 1;
  }

  #refilled(key: string): { left: number; at: number } {
    const now = this.#now();
    const { left, at } = this.#buckets.get(key) ?? { left: this.#perMinute, at: now };
    const bucket = {
      left: Math.min(this.#perMinute, left + ((now - at) / 60_000) * this.#perMinute),
      at: now,
    };
    // Put last: the first entry of the map is then the one that was quiet for the longest time.
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > 1000) this.#buckets.delete(this.#buckets.keys().next().value as string);
    return bucket;
  }
}

/** Thrown where neither a place nor one in the queue is free. */
export class Busy extends Error {
  constructor() {
    super("busy");
  }
}

/** A number of places for work, and a queue of bounded length for more. */
export class Gate {
  readonly #places: number;
  readonly #queue: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(places = 8, queue = 32) {
    this.#places = places;
    this.#queue = queue;
  }

  /** @throws Busy; the reason of `signal` when it aborts while waiting; what `work` throws. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#places) this.#running++;
    else await this.#wait(signal);
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // The place goes to the next one in the queue; nobody else can take it in between.
      if (next) next();
      else this.#running--;
    }
  }

  async #wait(signal: AbortSignal): Promise<void> {
    if (this.#waiting.length >= this.#queue) throw new Busy();
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const start = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(start), 1);
        reject(signal.reason);
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(start);
    });
  }
}
