/** What goes to and from the thread that checks packs. */
import type { PackEntry } from '../format/pack-header.ts';
import type { MasterKey } from '../sealing/master-key.ts';
import type { PackCheck } from './pack-check.ts';

export interface PackCheckRequest {
  readonly key: MasterKey;
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly expected: readonly PackEntry[];
}

export type PackCheckReply = { readonly check: PackCheck } | { readonly failed: string };
