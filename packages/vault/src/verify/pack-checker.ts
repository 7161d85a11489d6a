/** Checks packs: small ones here, larger ones in a thread. */
import type { PackEntry } from '../format/pack-header.ts';
import type { Repository } from '../repository/repository.ts';
import { AskThread, movable } from '../threads/ask-thread.ts';
import type { PackCheck } from './pack-check.ts';
import { checkPack } from './pack-check.ts';
import type { PackCheckReply, PackCheckRequest } from './pack-check-protocol.ts';

/** A few milliseconds of work. */
const hereBytesMax = 512 * 1024;

export class PackChecker {
  readonly #repository: Pick<Repository, 'sealer' | 'masterKey'>;
  readonly #thread = new AskThread<PackCheckRequest, PackCheckReply>(
    new URL('pack-check-worker.ts', import.meta.url),
    'vault verify',
  );

  constructor(repository: Pick<Repository, 'sealer' | 'masterKey'>) {
    this.#repository = repository;
  }

  /** `bytes` are gone afterwards. */
  async check(name: string, bytes: Buffer, expected: readonly PackEntry[]): Promise<PackCheck> {
    if (bytes.length <= hereBytesMax) return checkPack(this.#repository.sealer, name, bytes, expected);
    const request = { key: this.#repository.masterKey, name, bytes, expected };
    const reply = await this.#thread.ask(request, movable(bytes));
    if ('failed' in reply) throw new Error(`the thread that checks packs failed: ${reply.failed}`);
    return reply.check;
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}
