/** A set of many keys in little memory: 16 bytes of each key's SHA-256 in one table of open addresses. */
import { hash } from 'node:crypto';

const keyBytes = 16;
const startSlots = 1024;
/** Slots in use before the table doubles. */
const loadMax = 0.6;

export class KeySet {
  #slots = startSlots;
  #table = Buffer.alloc(startSlots * keyBytes);
  #count = 0;

  get size(): number {
    return this.#count;
  }

  /** False when it was there. */
  add(key: string): boolean {
    if (this.#count >= this.#slots * loadMax) this.#grow();
    if (!this.#put(digestOf(key))) return false;
    this.#count += 1;
    return true;
  }

  has(key: string): boolean {
    const digest = digestOf(key);
    return this.#table.compare(digest, 0, keyBytes, ...this.#range(this.#slotOf(digest))) === 0;
  }

  #put(digest: Buffer): boolean {
    const [start, end] = this.#range(this.#slotOf(digest));
    if (this.#table.compare(digest, 0, keyBytes, start, end) === 0) return false;
    digest.copy(this.#table, start, 0, keyBytes);
    return true;
  }

  /** Where the key stands, or the free slot where it would. */
  #slotOf(digest: Buffer): number {
    let slot = digest.readUInt32LE(0) % this.#slots;
    for (;;) {
      const [start, end] = this.#range(slot);
      if (this.#isFree(start) || this.#table.compare(digest, 0, keyBytes, start, end) === 0) return slot;
      slot = (slot + 1) % this.#slots;
    }
  }

  #range(slot: number): [number, number] {
    return [slot * keyBytes, (slot + 1) * keyBytes];
  }

  /** `digestOf` leaves no key with a last byte of zero. */
  #isFree(start: number): boolean {
    return this.#table[start + keyBytes - 1] === 0;
  }

  #grow(): void {
    const before = this.#table;
    this.#slots *= 2;
    this.#table = Buffer.alloc(this.#slots * keyBytes);
    for (let at = 0; at < before.length; at += keyBytes)
      if (before[at + keyBytes - 1] !== 0) this.#put(before.subarray(at, at + keyBytes));
  }
}

function digestOf(key: string): Buffer {
  const digest = hash('sha256', key, 'buffer').subarray(0, keyBytes);
  digest[keyBytes - 1] = (digest[keyBytes - 1] ?? 0) | 1;
  return digest;
}
