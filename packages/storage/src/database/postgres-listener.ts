/** Hears what other processes announce, on a connection of its own that is made again whenever it breaks. */
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { readChangeMessage } from './change-messages.ts';

const connectTimeoutMs = 10_000;
/** A connection that a network has silently dropped looks like one on which nothing changes, so it is asked. */
const heartbeatMs = 20_000;
const heartbeatTimeoutMs = 10_000;
const firstPauseMs = 100;
const pauseMsMax = 10_000;

export interface PostgresListenerOptions {
  readonly url: string;
  /** A plain lower-case name. */
  readonly channel: string;
  /** Messages with this origin are not told. */
  readonly origin: string;
  /** Undefined: messages may have been missed. */
  readonly tell: (topic: string | undefined) => void;
}

export class PostgresListener {
  readonly #options: PostgresListenerOptions;
  readonly #stop = new AbortController();
  #hears = false;
  #running: Promise<void> | undefined;

  constructor(options: PostgresListenerOptions) {
    this.#options = options;
  }

  /** Whether everything that is announced now will arrive. */
  get hears(): boolean {
    return this.#hears;
  }

  start(): void {
    if (!this.#stop.signal.aborted) this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    let pauseMs = firstPauseMs;
    while (!this.#stop.signal.aborted) {
      if (await this.#listen()) pauseMs = firstPauseMs;
      // All processes lose their connections together: they come back at different times.
      const pause = pauseMs * (0.5 + Math.random());
      await sleep(pause, undefined, { ref: false, signal: this.#stop.signal }).catch(() => undefined);
      pauseMs = Math.min(pauseMsMax, pauseMs * 2);
    }
  }

  /** Until the connection ends; whether it ever heard. */
  async #listen(): Promise<boolean> {
    const { url, channel, tell } = this.#options;
    const socket = new Socket();
    // Waiting for changes keeps no process alive.
    socket.unref();
    const client = new pg.Client({
      connectionString: url,
      stream: () => socket,
      keepAlive: true,
      connectionTimeoutMillis: connectTimeoutMs,
      query_timeout: heartbeatTimeoutMs,
      application_name: 'gridkeep listener',
    });
    const broken = new AbortController();
    client.on('error', () => broken.abort());
    client.once('end', () => broken.abort());
    client.on('notification', ({ payload }) => this.#receive(payload ?? ''));
    const over = AbortSignal.any([broken.signal, this.#stop.signal]);
    try {
      await unlessAborted(over, client.connect());
      await unlessAborted(over, client.query(`listen ${channel}`));
      this.#hears = true;
      tell(undefined);
      for (;;) {
        await sleep(heartbeatMs, undefined, { ref: false, signal: over });
        await unlessAborted(over, client.query('select 1'));
      }
    } catch {
      // Not connected, or no longer: the next try may be.
    }
    client.end().catch(() => undefined);
    socket.destroySoon();
    const heard = this.#hears;
    this.#hears = false;
    if (heard) tell(undefined);
    return heard;
  }

  #receive(message: string): void {
    const { origin, topics } = readChangeMessage(message);
    if (origin === this.#options.origin) return;
    if (topics.length === 0) this.#options.tell(undefined);
    for (const topic of topics) this.#options.tell(topic);
  }
}

/** Rejects at once when the signal aborts, however long the work then still takes. */
async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(new Error('over'));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
