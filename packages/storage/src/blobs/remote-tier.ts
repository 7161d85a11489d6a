/** What a PackStore asks of the second place where its packs are kept. */
import type { Disk } from './disk.ts';
import type { Damage } from './maintenance.ts';
import type { OpenPacks } from './open-packs.ts';
import type { PackInfo } from './index-rows.ts';
import type { PackIndex } from './pack-index.ts';
import type { RemotePacks } from './pack-reader.ts';

export interface RemoteTierParts {
  readonly index: () => PackIndex;
  readonly packs: OpenPacks;
  readonly disk: Disk;
}

export interface RemoteTier extends RemotePacks {
  /** Milliseconds for which the first put of a batch waits for company. */
  readonly gatherMs: number;
  /** Set when puts are acknowledged only after their pack is there: resolves when it is. */
  readonly publish?: (pack: string) => Promise<void>;
  /** Begins to upload what is sealed and not yet there. */
  start(): void;
  /** A pack was sealed and wants to be uploaded, if it is not there already. */
  sealed(pack: PackInfo): void;
  /** Resolves when everything sealed so far is there. */
  uploaded(): Promise<void>;
  /** Looks for packs of other processes; true when the index has changed. Limited in how often it asks. */
  refresh(): Promise<boolean>;
  /** The same for what must be there, since a record names it: sees all that was on the shelf when it was called. */
  look(): Promise<boolean>;
  /** Takes all packs that are there into the index. */
  takeAll(index: PackIndex, damages: Damage[]): Promise<void>;
  remove(pack: PackInfo): Promise<void>;
  close(): Promise<void>;
}
