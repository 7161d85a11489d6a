/** Whom and what people have muted; viewers keep a copy and ask whether it is still right. */
import { crc32 } from 'node:zlib';
import type { Database } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import { storableText } from '../text.ts';
import type { Mute } from './mute.ts';
import * as store from './mutes-store.ts';

/** Viewers read names of at most 254 characters. */
const nameMax = 254;
/** Viewers stop at 1,000. */
const mutesMax = 2_000;

/** The agent has muted so much that no more is taken. */
export class TooManyMutesError extends Error {
  override readonly name = 'TooManyMutesError';
  constructor() {
    super(`an agent may mute at most ${mutesMax}`);
  }
}

export class Mutes {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  list(agent: Uuid): Promise<readonly Mute[]> {
    return store.listMutes(this.#database, agent);
  }

  /** Replaces the mute with the same id and name. Throws TooManyMutesError. */
  async set(agent: Uuid, mute: Mute): Promise<void> {
    if ((await store.countMutes(this.#database, agent)) >= mutesMax) throw new TooManyMutesError();
    await store.writeMute(this.#database, agent, { ...mute, name: muteName(mute.name) });
  }

  /** Whether there was one with this id and this name. */
  remove(agent: Uuid, id: Uuid, name: string): Promise<boolean> {
    return store.deleteMute(this.#database, agent, id, muteName(name));
  }

  /**
   * The list as a file for viewers; `unchanged` when its checksum is the one that the viewer has. Nothing muted is an
   * empty file, as is a list whose checksum is 0 (OpenSim/Services/MuteListService/MuteListService.cs).
   */
  async file(agent: Uuid, knownCrc: number): Promise<Uint8Array | 'unchanged'> {
    const lines = (await this.list(agent)).map(
      ({ type, id, name, flags }) => `${type} ${id} ${name}|${flags}\n`,
    );
    const file = Buffer.from(lines.join(''), 'utf8');
    if (file.length === 0 || crc32(file) !== knownCrc) return file;
    return knownCrc === 0 ? new Uint8Array(0) : 'unchanged';
  }
}

/** A line end would make two lines of one. */
function muteName(name: string): string {
  return storableText(name.replaceAll(/[\r\n\t\u0085\u2028\u2029]+/g, ' '), nameMax);
}
