/** A copy of what a model resident wears: body, clothes and attachments, as far as they may be copied. */
import type { Avatars } from '../avatars/avatars.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { wornItemsIn } from '../suitcase/worn-items.ts';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Outfit } from './outfit.ts';

/** Source: OpenSim/Framework/Util.cs, PermissionMask.Copy. */
const mayCopy = 0x8000;
/** Names of the avatar's record that hold items. */
const itemNames = /^(Wearable |_ap_)/;

/** Undefined when the model wears nothing that may be copied. */
export async function modelOutfit(
  services: { readonly avatars: Pick<Avatars, 'find'>; readonly inventory: Pick<Inventory, 'items'> },
  modelId: Uuid,
): Promise<Outfit | undefined> {
  const avatar = await services.avatars.find(modelId);
  const worn = await services.inventory.items(wornItemsIn(avatar));
  const items = [...worn.values()].filter(
    (item) => item.ownerId === modelId && (item.currentPermissions & mayCopy) !== 0,
  );
  if (items.length === 0) return undefined;
  const copied = new Set<string>(items.map((item) => item.id));
  const kept = [...avatar].flatMap(([name, value]): [string, string][] => {
    if (!itemNames.test(name)) return name.endsWith('Item') || name.endsWith('Asset') ? [] : [[name, value]];
    const parts = name.startsWith('_ap_') ? value.split(',') : [value];
    const left = parts.filter((part) => copied.has(part.trim().slice(0, 36).toLowerCase()));
    return left.length === 0 ? [] : [[name, left.join(',').toLowerCase()]];
  });
  return { items, avatar: new Map(kept) };
}
