/** What agents have chosen in their viewers: how they hover, what they may see, which language they speak. */
import type { Database } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import { storableText } from '../text.ts';
import { standardPreferences } from './chosen-preferences.ts';
import type { AgentPreferences } from './chosen-preferences.ts';
import * as store from './agent-preferences-store.ts';

const accessMax = 2;
const languageMax = 5;

export class AgentPreferencesService {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The standard where the agent has chosen nothing. */
  async read(agent: Uuid): Promise<AgentPreferences> {
    return (await store.findPreferences(this.#database, agent)) ?? standardPreferences;
  }

  async write(agent: Uuid, preferences: AgentPreferences): Promise<void> {
    await store.writePreferences(this.#database, agent, {
      ...preferences,
      access: storableText(preferences.access, accessMax),
      language: storableText(preferences.language, languageMax),
    });
  }

  /** As far as anybody may know. */
  async language(agent: Uuid): Promise<string> {
    const { language, languageIsPublic } = await this.read(agent);
    return languageIsPublic && language !== '' ? language : standardPreferences.language;
  }
}
