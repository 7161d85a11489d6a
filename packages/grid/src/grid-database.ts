/** The tables of a grid: every service's migrations, in the order in which they were made. */
import type { Migration } from '@gridkeep/storage/database/database';
import { accompanyingMigrations } from './accompanying/accompanying-assets-store.ts';
import { accountMigrations } from './accounts/accounts-store.ts';
import { agentPreferencesMigrations } from './agentprefs/agent-preferences-store.ts';
import { assetMigrations } from './assets/assets-store.ts';
import { authenticationMigrations } from './authentication/authentication-store.ts';
import { tokenMigrations } from './authentication/tokens-store.ts';
import { avatarMigrations } from './avatars/avatars-store.ts';
import { bakeMigrations } from './bakes/bakes-store.ts';
import { estateMigrations } from './estates/estates-store.ts';
import { friendMigrations } from './friends/friends-store.ts';
import { gridUserMigrations } from './gridusers/grid-users-store.ts';
import { groupMigrations } from './groups/group-tables.ts';
import { travelMigrations } from './hypergrid/travel-store.ts';
import { inventoryMigrations } from './inventory/inventory-tables.ts';
import { loginMigrations } from './login/throttle-store.ts';
import { muteMigrations } from './mutes/mutes-store.ts';
import { mapTileMigrations } from './maptiles/map-tiles-store.ts';
import { offlineMessageMigrations } from './offline-im/offline-messages-store.ts';
import { presenceMigrations } from './presence/presence-store.ts';
import { profileMigrations } from './profiles/profile-tables.ts';
import { recordChangeMigrations } from './record-changes/record-changes-store.ts';
import { regionMigrations } from './regions/region-tables.ts';
import { registryMigrations } from './registry/registry-tables.ts';
import { settingMigrations } from './settings/settings-store.ts';
import { termsMigrations } from './terms/terms-store.ts';
import { upkeepMigrations } from './upkeep/upkeep-store.ts';
import { usageMigrations } from './usage/content-usage-store.ts';

/** To hand to `Database.migrate` before the services are made. */
export const gridMigrations: readonly Migration[] = [
  ...usageMigrations,
  ...assetMigrations,
  ...accountMigrations,
  ...authenticationMigrations,
  ...accompanyingMigrations,
  ...inventoryMigrations,
  ...regionMigrations,
  ...settingMigrations,
  ...travelMigrations,
  ...registryMigrations,
  ...estateMigrations,
  ...presenceMigrations,
  ...gridUserMigrations,
  ...avatarMigrations,
  ...friendMigrations,
  ...bakeMigrations,
  ...offlineMessageMigrations,
  ...upkeepMigrations,
  ...tokenMigrations,
  ...agentPreferencesMigrations,
  ...muteMigrations,
  ...loginMigrations,
  ...termsMigrations,
  ...groupMigrations,
  ...profileMigrations,
  ...mapTileMigrations,
  ...recordChangeMigrations,
];
