/** Tells other processes what was changed outside of transactions: all that is announced while a message is under way goes in one. */
import { setTimeout as sleep } from 'node:timers/promises';
import { changeMessages, topicsMax } from './change-messages.ts';

const firstPauseMs = 50;
const pauseMsMax = 5_000;

export class PostgresAnnouncer {
  readonly #origin: string;
  readonly #send: (messages: readonly string[]) => Promise<void>;
  readonly #stop = new AbortController();
  #topics = new Set<string>();
  #sending: Promise<void> | undefined;

  constructor(origin: string, send: (messages: readonly string[]) => Promise<void>) {
    this.#origin = origin;
    this.#send = send;
  }

  add(topic: string): void {
    // Past the bound everything is told, so more topics need not be remembered.
    if (this.#topics.size <= topicsMax) this.#topics.add(topic);
    this.#sending ??= this.#run();
  }

  /** Once what was announced is told, or at once when that fails. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#sending;
  }

  async #run(): Promise<void> {
    let pauseMs = firstPauseMs;
    // What else is announced in this turn goes along.
    await Promise.resolve();
    while (this.#topics.size > 0) {
      const topics = this.#topics;
      this.#topics = new Set();
      try {
        await this.#send(changeMessages(this.#origin, topics));
        pauseMs = firstPauseMs;
      } catch {
        if (this.#stop.signal.aborted) break;
        for (const topic of topics) if (this.#topics.size <= topicsMax) this.#topics.add(topic);
        await sleep(pauseMs, undefined, { ref: false, signal: this.#stop.signal }).catch(() => undefined);
        pauseMs = Math.min(pauseMsMax, pauseMs * 2);
      }
    }
    this.#sending = undefined;
  }
}
