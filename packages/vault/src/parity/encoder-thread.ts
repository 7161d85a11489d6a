/** Reckons parity: small groups here, large ones in a thread that starts when the first of them comes. */
import { Worker } from 'node:worker_threads';
import type { EncoderReply, EncoderRequest } from './encoder-protocol.ts';
import { GroupEncoder } from './group-encoder.ts';
import type { GroupPlan } from './group-plan.ts';

/** What is reckoned in a few milliseconds needs no thread. */
const hereBytesMax = 4 * 1024 * 1024;

/** One group at a time: begin, add …, parityFile …, end. */
export class EncoderThread {
  #here: GroupEncoder | undefined;
  #worker: Worker | undefined;

  async begin(plan: GroupPlan): Promise<void> {
    if (plan.files.reduce((sum, file) => sum + file.bytes, 0) <= hereBytesMax) {
      this.#here = new GroupEncoder(plan);
      return;
    }
    this.#here = undefined;
    await this.#ask({ do: 'begin', plan });
  }

  /** `bytes` are gone afterwards. As GroupEncoder.add. */
  async add(file: number, offset: number, bytes: Uint8Array): Promise<string | undefined> {
    if (this.#here !== undefined) return this.#here.add(file, offset, bytes);
    const reply = await this.#ask({ do: 'add', file, offset, bytes }, movable(bytes));
    return reply.is === 'hash' ? reply.sha256 : undefined;
  }

  async parityFile(column: number): Promise<Uint8Array> {
    if (this.#here !== undefined) return this.#here.parityFile(column);
    const reply = await this.#ask({ do: 'parity file', column });
    if (reply.is !== 'file') throw new Error('the parity thread gave no file');
    return reply.bytes;
  }

  async end(): Promise<void> {
    if (this.#here === undefined) await this.#ask({ do: 'end' });
    this.#here = undefined;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  async #ask(request: EncoderRequest, move: readonly ArrayBuffer[] = []): Promise<EncoderReply> {
    this.#worker ??= new Worker(new URL('./encoder-worker.ts', import.meta.url));
    const worker = this.#worker;
    const { promise, resolve, reject } = Promise.withResolvers<EncoderReply>();
    const ended = (): void => reject(new Error('the parity thread ended'));
    worker.once('message', resolve).once('error', reject).once('exit', ended);
    worker.postMessage(request, move);
    try {
      const reply = await promise;
      if (reply.is === 'failed') throw new Error(`the parity thread failed: ${reply.message}`);
      return reply;
    } finally {
      worker.off('message', resolve).off('error', reject).off('exit', ended);
    }
  }
}

/** Only a buffer that is its own can be moved: a part of Buffer's pool is copied. */
function movable(bytes: Uint8Array): ArrayBuffer[] {
  const isOwn = bytes.buffer instanceof ArrayBuffer && bytes.length === bytes.buffer.byteLength;
  return isOwn && bytes.buffer instanceof ArrayBuffer ? [bytes.buffer] : [];
}
