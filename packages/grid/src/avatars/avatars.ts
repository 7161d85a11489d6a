/**
 * What residents wear, as simulators wrote it: names and values whose meaning is theirs. Source of the rules:
 * OpenSim/Services/AvatarService/AvatarService.cs
 */
import type { Database, Queries } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import { storableText } from '../text.ts';
import { transact, within } from '../transactions.ts';
import * as store from './avatars-store.ts';

/** UTF-16 units. */
const avatarNameMax = 32;
/** UTF-16 units: 256 visual parameters are about 1,000, the items at one attachment point 37 each. */
export const avatarValueMax = 16_384;
/** Five layers of 17 wearables, attachment points and the names of older simulators are about 200. */
export const avatarValuesMax = 512;
/** UTF-16 units of all names and values. */
export const avatarUnitsMax = 131_072;

const typeName = 'AvatarType';
const typeDefault = '1';
/** Metres; what OpenSimulator takes for a height that is none. */
const heightDefault = '1.771488';
const heightMax = 10;

/** Too many values, or one too long; the message says which limit. */
export class AvatarRefusedError extends Error {
  override readonly name = 'AvatarRefusedError';
}

export class Avatars {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Always with an `AvatarType`, in the first place; an unknown user has nothing else. */
  async find(userId: Uuid): Promise<ReadonlyMap<string, string>> {
    const values = await store.findAvatar(this.#database, userId);
    return new Map([[typeName, values?.get(typeName) ?? typeDefault], ...(values ?? [])]);
  }

  /** Throws AvatarRefusedError. */
  async replace(
    userId: Uuid,
    values: ReadonlyMap<string, string>,
    queries: Queries = this.#database,
  ): Promise<void> {
    await store.writeAvatar(queries, userId, checkedValues(values), Date.now());
  }

  /** False when there was nothing. */
  async reset(userId: Uuid): Promise<boolean> {
    return store.deleteAvatar(this.#database, userId);
  }

  /** Throws AvatarRefusedError. */
  async setItems(userId: Uuid, values: ReadonlyMap<string, string>, transaction?: Queries): Promise<void> {
    const checked = checkedValues(values);
    await within(this.#database, transaction, async (queries) => {
      const before = await store.findAvatar(queries, userId);
      const all = checkedValues(new Map([...(before ?? []), ...checked]));
      await store.writeAvatar(queries, userId, all, Date.now());
    });
  }

  async removeItems(userId: Uuid, names: Iterable<string>): Promise<void> {
    const gone = new Set(names);
    await transact(this.#database, async (queries) => {
      const before = await store.findAvatar(queries, userId);
      if (before === undefined) return;
      const kept = new Map([...before].filter(([name]) => !gone.has(name)));
      if (kept.size < before.size) await store.writeAvatar(queries, userId, kept, Date.now());
    });
  }
}

function checkedValues(values: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  if (values.size > avatarValuesMax)
    throw new AvatarRefusedError(`an avatar has more than ${avatarValuesMax} values`);
  const checked = new Map<string, string>();
  let units = 0;
  for (const [name, value] of values) {
    if (name === '' || name.length > avatarNameMax || storableText(name, avatarNameMax) !== name)
      throw new AvatarRefusedError(`the name of a value must have 1 to ${avatarNameMax} characters`);
    if (value.length > avatarValueMax)
      throw new AvatarRefusedError(`a value of an avatar has more than ${avatarValueMax} characters`);
    units += name.length + value.length;
    checked.set(name, checkedValue(name, storableText(value, avatarValueMax)));
  }
  if (units > avatarUnitsMax)
    throw new AvatarRefusedError(`the values of an avatar have more than ${avatarUnitsMax} characters`);
  return checked;
}

function checkedValue(name: string, value: string): string {
  if (name === typeName) return /^-?\d{1,9}$/.test(value.trim()) ? value.trim() : typeDefault;
  return name === 'AvatarHeight' ? heightText(value) : value;
}

/** Simulators of some languages write a comma. */
function heightText(text: string): string {
  return [text, text.replaceAll(',', '.')].find(isHeight) ?? heightDefault;
}

function isHeight(text: string): boolean {
  return /^\s*[+-]?\d{1,9}(\.\d{0,30})?\s*$/.test(text) && Number(text) >= 0 && Number(text) <= heightMax;
}
