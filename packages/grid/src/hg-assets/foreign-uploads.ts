/**
 * Who may bring assets in from outside. A region of another grid stores what a resident makes or is given there; it has no
 * credential, and its address need not be that of the gatekeeper it belongs to. So anybody may, but only while a resident
 * is abroad or was a moment ago, and each address only so much.
 */
import { LRUCache } from 'lru-cache';
import type { Travels } from '../hypergrid/travel.ts';
import type { OwnAddress } from '../own-address.ts';

/** How long an answer about travellers is believed. */
const believedMs = 10_000;
/** A region stores changed attachments when their wearer has left already. */
const graceMs = 15 * 60_000;
const hourMs = 60 * 60_000;
const bytesPerHourMax = 256 * 1024 * 1024;
const addressesMax = 10_000;

export interface ForeignUploadsOptions {
  readonly travels: Pick<Travels, 'anyElsewhere' | 'lastAbroadAt'>;
  readonly own: Pick<OwnAddress, 'read'>;
  /** Unix milliseconds; for tests. */
  readonly now?: () => number;
}

export class ForeignUploads {
  readonly #options: ForeignUploadsOptions;
  readonly #now: () => number;
  /** Bytes by address, in an hour that began with the first of them. */
  readonly #taken = new LRUCache<string, { readonly since: number; bytes: number }>({ max: addressesMax });
  #askedAt = -Infinity;
  #abroadAt = -Infinity;

  constructor(options: ForeignUploadsOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** A sentence for the log when it may not. Counts the bytes when it may. */
  async refusal(address: string, bytes: number): Promise<string | undefined> {
    const { settings } = await this.#options.own.read();
    if (!settings.hypergrid) return 'the grid takes part in no Hypergrid';
    if (!(await this.#anybodyAbroad())) return 'no resident is on another grid';
    const now = this.#now();
    const taken = this.#taken.get(address);
    const current = taken !== undefined && now - taken.since < hourMs ? taken : { since: now, bytes: 0 };
    if (current.bytes + bytes > bytesPerHourMax) return 'the address has brought too much within an hour';
    current.bytes += bytes;
    this.#taken.set(address, current);
    return undefined;
  }

  async #anybodyAbroad(): Promise<boolean> {
    const { travels, own } = this.#options;
    const now = this.#now();
    if (now - this.#askedAt >= believedMs) {
      this.#askedAt = now;
      if (await travels.anyElsewhere((await own.read()).url)) this.#abroadAt = now;
    }
    return now - Math.max(this.#abroadAt, travels.lastAbroadAt) < graceMs;
  }
}
