/** Folders and items as their tables hold them: texts that every database and reply can carry. */
import { storableText } from '../text.ts';
import {
  folderNameMax,
  itemCreatorClaimMax,
  itemCreatorMax,
  itemDescriptionMax,
  itemNameMax,
} from './inventory-records.ts';
import type { InventoryFolder, InventoryItem } from './inventory-records.ts';

export function storableFolder(folder: InventoryFolder): InventoryFolder {
  return { ...folder, name: storableText(folder.name, folderNameMax) };
}

export function storableItem(item: InventoryItem): InventoryItem {
  return {
    ...item,
    name: storableText(item.name, itemNameMax),
    description: storableText(item.description, itemDescriptionMax),
    creatorData: storableText(item.creatorData, itemCreatorMax),
    creatorClaim: storableText(item.creatorClaim, itemCreatorClaimMax),
  };
}
