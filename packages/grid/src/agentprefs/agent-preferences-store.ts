/** The table of agents' preferences. */
import type { ColumnTypes, Migration, Queries, StoredUuid } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { AgentPreferences } from './chosen-preferences.ts';

interface AgentPreferencesTables {
  agent_preferences: {
    agent: StoredUuid;
    access: string;
    hover_height: number;
    language: string;
    language_is_public: number;
    everyone_permissions: number;
    group_permissions: number;
    next_permissions: number;
  };
}

export const agentPreferencesMigrations: readonly Migration[] = [
  {
    name: 'agentprefs-1',
    statements: (types: ColumnTypes) => [
      `CREATE TABLE agent_preferences (
        agent ${types.uuid} PRIMARY KEY,
        access ${types.text} NOT NULL,
        hover_height ${types.real} NOT NULL,
        language ${types.text} NOT NULL,
        language_is_public ${types.integer} NOT NULL,
        everyone_permissions ${types.integer} NOT NULL,
        group_permissions ${types.integer} NOT NULL,
        next_permissions ${types.integer} NOT NULL
      )${types.strict}`,
    ],
  },
];

export async function findPreferences(queries: Queries, agent: Uuid): Promise<AgentPreferences | undefined> {
  const row = await queries
    .tables<AgentPreferencesTables>()
    .selectFrom('agent_preferences')
    .selectAll()
    .where('agent', '=', queries.uuid(agent))
    .executeTakeFirst();
  return row === undefined
    ? undefined
    : {
        access: row.access,
        hoverHeight: row.hover_height,
        language: row.language,
        languageIsPublic: row.language_is_public !== 0,
        everyonePermissions: row.everyone_permissions,
        groupPermissions: row.group_permissions,
        nextPermissions: row.next_permissions,
      };
}

export async function writePreferences(
  queries: Queries,
  agent: Uuid,
  preferences: AgentPreferences,
): Promise<void> {
  const values = {
    access: preferences.access,
    hover_height: preferences.hoverHeight,
    language: preferences.language,
    language_is_public: preferences.languageIsPublic ? 1 : 0,
    everyone_permissions: preferences.everyonePermissions,
    group_permissions: preferences.groupPermissions,
    next_permissions: preferences.nextPermissions,
  };
  await queries
    .tables<AgentPreferencesTables>()
    .insertInto('agent_preferences')
    .values({ agent: queries.uuid(agent), ...values })
    .onConflict((conflict) => conflict.column('agent').doUpdateSet(values))
    .execute();
}
