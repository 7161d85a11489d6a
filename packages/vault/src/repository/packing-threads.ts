/** The threads of one writer: a second one is started only when the first has enough to do. */
import { startThread } from '@gridkeep/storage/database/start-thread';
import type { Worker } from 'node:worker_threads';
import type { BlobType } from '../format/tree-node.ts';
import type { MasterKey } from '../sealing/master-key.ts';
import type { Batch, IndexedHeader, PackingReply, PackingRequest } from './packing-protocol.ts';

export interface PackingOptions {
  readonly key: MasterKey;
  readonly threadsMax: number;
  readonly packBytes: Readonly<Record<BlobType, number>>;
  onReply(reply: PackingReply, giveBack: (buffer: ArrayBuffer) => void): void;
  onError(error: Error): void;
}

/** One that is worked on and one that waits, so that a thread is never idle. */
const batchesPerThread = 2;
const threadFile = new URL('packing-thread.ts', import.meta.url);

interface Thread {
  readonly worker: Worker;
  batches: number;
  isFlushing: boolean;
}

export class PackingThreads {
  readonly #options: PackingOptions;
  readonly #threads: Thread[] = [];
  #isClosed = false;

  constructor(options: PackingOptions) {
    this.#options = options;
  }

  get isIdle(): boolean {
    return this.#threads.every(({ batches, isFlushing }) => batches === 0 && !isFlushing);
  }

  /** False when all have enough. */
  give(batch: Batch): boolean {
    const thread = this.#freest(batchesPerThread);
    if (thread === undefined) return false;
    thread.batches += 1;
    const sent = batch.toSend();
    send(thread, { kind: 'batch', batch: sent }, [sent.rows, sent.bytes]);
    return true;
  }

  makeIndex(packs: readonly IndexedHeader[]): void {
    const thread = this.#freest(Infinity);
    if (thread !== undefined) send(thread, { kind: 'index', packs });
  }

  /** Makes packs of whatever is there; `isIdle` tells when they came. */
  flush(): void {
    for (const thread of this.#threads) {
      thread.isFlushing = true;
      send(thread, { kind: 'flush' });
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#threads.splice(0).map(({ worker }) => worker.terminate()));
  }

  #freest(batchesMax: number): Thread | undefined {
    if (this.#isClosed) return undefined;
    const [freest] = this.#threads.toSorted((one, other) => one.batches - other.batches);
    if (freest !== undefined && freest.batches < batchesMax) return freest;
    return this.#threads.length < this.#options.threadsMax ? this.#start() : undefined;
  }

  #start(): Thread {
    const worker = startThread(threadFile, 'vault packing');
    const thread: Thread = { worker, batches: 0, isFlushing: false };
    this.#threads.push(thread);
    const fail = (error: Error): void => {
      if (!this.#isClosed) this.#options.onError(error);
    };
    worker.on('message', (reply: PackingReply) => {
      if (reply.kind === 'batch done') thread.batches -= 1;
      if (reply.kind === 'flushed') thread.isFlushing = false;
      this.#options.onReply(reply, (buffer) => {
        if (!this.#isClosed) send(thread, { kind: 'spare', buffer }, [buffer]);
      });
    });
    worker.on('error', (error) => fail(error instanceof Error ? error : new Error(String(error))));
    worker.on('messageerror', fail);
    worker.on('exit', (code) => fail(new Error(`a packing thread ended with ${code}`)));
    const { key, packBytes } = this.#options;
    send(thread, { kind: 'start', key, packBytes });
    return thread;
  }
}

function send(thread: Thread, request: PackingRequest, transfer: readonly ArrayBuffer[] = []): void {
  thread.worker.postMessage(request, [...transfer]);
}
