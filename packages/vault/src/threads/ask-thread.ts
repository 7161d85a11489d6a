/** A thread that is asked one thing at a time, started when it is first needed. */
import { startThread } from '@gridkeep/storage/database/start-thread';
import type { Worker } from 'node:worker_threads';

export class AskThread<Request, Reply> {
  readonly #file: URL;
  readonly #name: string;
  #worker: Worker | undefined;

  constructor(file: URL, name: string) {
    this.#file = file;
    this.#name = name;
  }

  /** Throws when the thread fails or ends; the next request gets a new one. */
  async ask(request: Request, move: readonly ArrayBuffer[] = []): Promise<Reply> {
    const worker = this.#worker ?? this.#start();
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const ended = (): void => reject(new Error(`the thread for ${this.#name} ended`));
    worker.on('message', resolve).on('error', reject).on('exit', ended);
    try {
      worker.postMessage(request, [...move]);
      return await promise;
    } catch (error) {
      this.#worker = undefined;
      void worker.terminate();
      throw error;
    } finally {
      worker.off('message', resolve).off('error', reject).off('exit', ended);
    }
  }

  #start(): Worker {
    const worker = startThread(this.#file, this.#name);
    // An error after the last reply has nobody to be told to, and must not end the process.
    worker.on('error', () => undefined);
    this.#worker = worker;
    return worker;
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}

/** Only a buffer that is its own can be moved: a part of Buffer's pool is copied. */
export function movable(bytes: Uint8Array): ArrayBuffer[] {
  const { buffer } = bytes;
  return buffer instanceof ArrayBuffer && bytes.length === buffer.byteLength ? [buffer] : [];
}
