/** Where packs are read from: the local folder, or the shelf for those that are only there. */
import { PackGoneError, type OpenPacks, type PackLease } from './open-packs.ts';
import type { PackInfo } from './index-rows.ts';

/** Gives access to packs that have no local file. Reads throw PackGoneError when the pack is not there (any more). */
export interface RemotePacks {
  lease(name: string, size: number): PackLease;
}

export class PackReader {
  readonly #local: OpenPacks;
  readonly #remote: RemotePacks | undefined;

  constructor(local: OpenPacks, remote: RemotePacks | undefined) {
    this.#local = local;
    this.#remote = remote;
  }

  /** Throws PackGoneError when the pack is nowhere. */
  async lease(pack: PackInfo): Promise<PackLease> {
    if (pack.local) {
      try {
        return await this.#local.lease(pack.name, pack.bytes);
      } catch (error) {
        // Evicted between the question and the opening.
        if (!(error instanceof PackGoneError) || !pack.remote) throw error;
      }
    }
    if (pack.remote && this.#remote !== undefined) return this.#remote.lease(pack.name, pack.bytes);
    throw new PackGoneError(pack.name);
  }
}
