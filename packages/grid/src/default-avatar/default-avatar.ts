/** What new residents wear when they come for the first time: without it viewers show them as a cloud. */
import { AssetTypes } from '@gridkeep/content/assets/asset-kinds';
import { FolderTypes } from '@gridkeep/content/assets/folder-types';
import type { Queries } from '@gridkeep/storage/database/database';
import { randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Accounts } from '../accounts/accounts.ts';
import type { Assets } from '../assets/assets.ts';
import type { Avatars } from '../avatars/avatars.ts';
import type { InventoryItem } from '../inventory/inventory-records.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Settings } from '../settings/settings.ts';
import { modelOutfit } from './model-outfit.ts';
import type { Outfit } from './outfit.ts';
import { standardOutfit } from './standard-outfit.ts';

export interface OutfitServices {
  readonly settings: Settings;
  readonly accounts: Pick<Accounts, 'findNamed'>;
  readonly assets: Pick<Assets, 'existing'>;
  readonly avatars: Pick<Avatars, 'find' | 'replace'>;
  readonly inventory: Inventory;
}

/** Only copying: what links of outfits allow (UserAccountService.cs, CreateCurrentOutfitLink). */
const linkPermissions = 32_768;

/**
 * The outfit that the grid's setting asks for: `default`, `none`, or the first and last name of a resident. Undefined for
 * none, and when the grid has nothing to make it of.
 */
export async function outfitOfNewResidents(services: OutfitServices): Promise<Outfit | undefined> {
  const { newResidentOutfit: wanted } = await services.settings.read();
  if (wanted === 'none') return undefined;
  if (wanted === 'default' || wanted === '') return standardOutfit(services.assets);
  const [firstName = '', lastName = ''] = wanted.split(/\s+/);
  const model = await services.accounts.findNamed(firstName, lastName);
  const outfit = model === undefined ? undefined : await modelOutfit(services, model.id);
  return outfit ?? (await standardOutfit(services.assets));
}

/** Puts an outfit into a new resident's inventory and on, inside the given transaction. */
export async function dressResident(
  services: Pick<OutfitServices, 'avatars' | 'inventory'>,
  residentId: Uuid,
  outfit: Outfit,
  queries: Queries,
): Promise<void> {
  const { inventory, avatars } = services;
  const folderOf = async (type: number): Promise<Uuid | undefined> =>
    (await inventory.folderForType(residentId, type, queries))?.id;
  const root = await folderOf(FolderTypes.root);
  const current = await folderOf(FolderTypes.currentOutfit);
  if (root === undefined || current === undefined) return;
  const ids = new Map<string, Uuid>();
  const items: InventoryItem[] = [];
  for (const item of outfit.items) {
    const id = randomUuid();
    ids.set(item.id, id);
    const creatorId = item.creatorId === zeroUuid && item.creatorData === '' ? residentId : item.creatorId;
    const folderId = (await folderOf(folderTypeOf(item))) ?? root;
    items.push({
      ...item,
      id,
      folderId,
      creatorId,
      ownerId: residentId,
      groupId: zeroUuid,
      groupOwned: false,
    });
  }
  const links = items.map((item) => linkTo(item, residentId, current));
  await inventory.insertTree(
    queries,
    residentId,
    [...items, ...links].map((item) => ({ kind: 'item', item })),
  );
  const avatar = [...outfit.avatar].map(
    ([name, value]) => [name, value.replace(/[0-9a-f-]{36}/g, (id) => ids.get(id) ?? id)] as const,
  );
  await avatars.replace(residentId, new Map(avatar), queries);
}

function folderTypeOf(item: InventoryItem): number {
  if (item.assetType === AssetTypes.bodypart) return FolderTypes.bodyPart;
  return item.assetType === AssetTypes.clothing ? FolderTypes.clothing : FolderTypes.object;
}

function linkTo(item: InventoryItem, residentId: Uuid, folderId: Uuid): InventoryItem {
  return {
    ...item,
    ...{ id: randomUuid(), folderId, assetId: item.id, assetType: AssetTypes.link },
    ...{ creatorId: residentId, creatorData: '', creatorClaim: '', description: '' },
    basePermissions: linkPermissions,
    currentPermissions: linkPermissions,
    everyonePermissions: linkPermissions,
    groupPermissions: linkPermissions,
    nextPermissions: linkPermissions,
    ...{ saleType: 0, salePrice: 0 },
  };
}
