/** Reckons parity: small groups here, large ones in a thread that starts when the first of them comes. */
import { AskThread, movable } from '../threads/ask-thread.ts';
import type { EncoderReply, EncoderRequest } from './encoder-protocol.ts';
import { GroupEncoder } from './group-encoder.ts';
import type { GroupPlan } from './group-plan.ts';

/** What is reckoned in a few milliseconds needs no thread. */
const hereBytesMax = 4 * 1024 * 1024;

/** One group at a time: begin, add …, parityFile …, end. */
export class EncoderThread {
  #here: GroupEncoder | undefined;
  readonly #thread = new AskThread<EncoderRequest, EncoderReply>(
    new URL('encoder-worker.ts', import.meta.url),
    'vault parity',
  );

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
    await this.#thread.close();
  }

  async #ask(request: EncoderRequest, move: readonly ArrayBuffer[] = []): Promise<EncoderReply> {
    const reply = await this.#thread.ask(request, move);
    if (reply.is === 'failed') throw new Error(`the parity thread failed: ${reply.message}`);
    return reply;
  }
}
