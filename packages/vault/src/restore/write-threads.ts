/** The threads that write a restore: each does one request after the other, and holds two at a time so that it never waits. */
import type { Worker } from 'node:worker_threads';
import { startThread } from '@gridkeep/storage/database/start-thread';
import type { MasterKey } from '../sealing/master-key.ts';
import type { WriteFailure, WriteReply, WriteRequest } from './write-protocol.ts';

export interface Written {
  readonly bytes: number;
  readonly failures: readonly WriteFailure[];
}

const heldMax = 2;

export class WriteThreads {
  readonly #threads: WriteThread[];
  readonly #waiting: (() => void)[] = [];

  constructor(count: number, key: MasterKey) {
    const free = (): void => this.#waiting.shift()?.();
    this.#threads = Array.from({ length: count }, () => new WriteThread(key, free));
  }

  /** Resolves when a thread has room for the next request. */
  async ready(): Promise<void> {
    while (this.#threads.every(({ held }) => held >= heldMax))
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  ask(request: WriteRequest, move: readonly ArrayBuffer[] = []): Promise<Written> {
    const least = this.#threads.reduce((a, b) => (b.held < a.held ? b : a));
    return least.ask(request, move);
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

interface Asked {
  readonly resolve: (written: Written) => void;
  readonly reject: (error: Error) => void;
}

class WriteThread {
  readonly #worker: Worker;
  readonly #asked: Asked[] = [];
  readonly #free: () => void;
  #failure: Error | undefined;

  constructor(key: MasterKey, free: () => void) {
    this.#free = free;
    this.#worker = startThread(new URL('./write-worker.ts', import.meta.url), 'restore');
    this.#worker.on('message', (reply: WriteReply) => this.#answered(reply));
    this.#worker.on('error', (error) => this.#ended(error));
    this.#worker.on('exit', () => this.#ended(new Error('a thread of the restore ended')));
    // Whoever asks next hears of it.
    this.ask({ do: 'start', key }).catch(() => undefined);
  }

  get held(): number {
    return this.#asked.length;
  }

  ask(request: WriteRequest, move: readonly ArrayBuffer[] = []): Promise<Written> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#asked.push({ resolve, reject });
      this.#worker.postMessage(request, move);
    });
  }

  #answered(reply: WriteReply): void {
    const asked = this.#asked.shift();
    if (reply.is === 'broken') asked?.reject(new Error(reply.message));
    else asked?.resolve(reply);
    this.#free();
  }

  #ended(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#asked.splice(0)) reject(this.#failure);
    this.#free();
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
