/** The settings of a grid. Kept in memory, and read again when any process changes them. */
import type { Database } from '@gridkeep/storage/database/database';
import { transact } from '../transactions.ts';
import {
  SettingError,
  formatSetting,
  isSettingName,
  parseSetting,
  standardSettings,
} from './setting-texts.ts';
import type { SettingName, SettingValues } from './setting-definitions.ts';
import * as store from './settings-store.ts';

const topic = 'settings';

export class Settings {
  readonly #database: Database;
  #known: SettingValues | undefined;
  #changes = 0;

  constructor(database: Database) {
    this.#database = database;
    database.onChange((changed) => {
      if (changed !== undefined && changed !== topic) return;
      this.#changes += 1;
      this.#known = undefined;
    });
  }

  /** Without a promise while they are in memory. */
  read(): SettingValues | Promise<SettingValues> {
    return this.#known ?? this.#load();
  }

  /** Throws SettingError when the text is not allowed. The text is what `formatSetting` gives: `true`, `12`, `a, b`. */
  async write(name: SettingName, value: string): Promise<SettingValues> {
    const checked = formatSetting(name, { ...standardSettings, ...parseSetting(name, value) });
    const standard = checked === formatSetting(name, standardSettings);
    await transact(this.#database, async (queries) => {
      await (standard ? store.deleteSetting(queries, name) : store.writeSetting(queries, name, checked));
      queries.announce(topic);
    });
    return this.read();
  }

  async #load(): Promise<SettingValues> {
    const changes = this.#changes;
    let values = standardSettings;
    for (const [name, value] of await store.readSettings(this.#database))
      values = { ...values, ...parseStored(name, value) };
    if (changes === this.#changes && this.#database.hearsOthers) this.#known = values;
    return values;
  }
}

/** A setting or a value that only a newer version knows is not in the way of this one: the standard stands for it. */
function parseStored(name: string, value: string): Partial<SettingValues> {
  try {
    return isSettingName(name) ? parseSetting(name, value) : {};
  } catch (error) {
    if (error instanceof SettingError) return {};
    throw error;
  }
}
