/**
 * The body and clothes that OpenSimulator gives new residents. Their assets come with its library. Source:
 * OpenSim/Services/UserAccountService/UserAccountService.cs, CreateDefaultAppearanceEntries, OpenSim/Framework/AvatarWearable.cs.
 */
import { AssetTypes } from '@gridkeep/content/assets/asset-kinds';
import { parseUuid, randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Assets } from '../assets/assets.ts';
import type { Outfit } from './outfit.ts';

/** In the order of the types of wearables, which begin at 0. */
const wearables = [
  { name: 'Default Shape', asset: '66c41e39-38f9-f75a-024e-585989bfab73', body: true },
  { name: 'Default Skin', asset: '77c41e39-38f9-f75a-024e-585989bbabbb', body: true },
  { name: 'Default Hair', asset: 'd342e6c0-b9d2-11dc-95ff-0800200c9a66', body: true },
  { name: 'Default Eyes', asset: '4bb6fa4d-1cd2-498a-a84c-95c1a0e745a7', body: true },
  { name: 'Default Shirt', asset: '00000000-38f9-1111-024e-222222111110', body: false },
  { name: 'Default Pants', asset: '00000000-38f9-1111-024e-222222111120', body: false },
].map((wearable, type) => ({ ...wearable, type, asset: parseUuid(wearable.asset) }));

const wearableInventoryType = 18;
/** Copy, transfer, move: source as above. */
const permissions = 581_632;

/** What of it this grid has; undefined when a part of the body is missing, without which nobody can be shown. */
export async function standardOutfit(assets: Pick<Assets, 'existing'>): Promise<Outfit | undefined> {
  const existing = await assets.existing(wearables.map(({ asset }) => asset));
  if (wearables.some(({ asset, body }) => body && !existing.has(asset))) return undefined;
  const present = wearables
    .filter(({ asset }) => existing.has(asset))
    .map((wearable) => ({ ...wearable, id: randomUuid() }));
  const now = Math.floor(Date.now() / 1000);
  return {
    items: present.map(({ id, name, asset, body, type }) => ({
      ...{ id, name, assetId: asset, flags: type, creationDate: now },
      ...{ ownerId: zeroUuid, folderId: zeroUuid, description: '' },
      assetType: body ? AssetTypes.bodypart : AssetTypes.clothing,
      inventoryType: wearableInventoryType,
      basePermissions: permissions,
      currentPermissions: permissions,
      everyonePermissions: permissions,
      groupPermissions: permissions,
      nextPermissions: permissions,
      ...{ creatorId: zeroUuid, creatorData: '', creatorClaim: '' },
      ...{ saleType: 0, salePrice: 0, groupId: zeroUuid, groupOwned: false },
    })),
    avatar: new Map([
      ['AvatarType', '1'],
      ['Serial', '0'],
      ...present.map(({ id, asset, type }) => [`Wearable ${type}:0`, `${id}:${asset}`] as const),
    ]),
  };
}
