/** Folders and items in the forms of `/xinventory`, as simulators send them. */
import type { FormValue } from '@gridkeep/wire/robust/form';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { InventoryItem } from '../inventory/inventory-records.ts';

type Fields = Readonly<Record<string, FormValue>>;

export function folderForm(id: Uuid, owner: Uuid, parent: Uuid, changes: Fields = {}): Fields {
  return { ParentID: parent, Type: '-1', Version: '1', Name: 'new', Owner: owner, ID: id, ...changes };
}

export function itemForm(item: InventoryItem, changes: Fields = {}): Fields {
  return {
    AssetID: item.assetId,
    AssetType: String(item.assetType),
    Name: item.name,
    Owner: item.ownerId,
    ID: item.id,
    InvType: String(item.inventoryType),
    Folder: item.folderId,
    CreatorId: item.creatorId,
    CreatorData: item.creatorData,
    Description: item.description,
    NextPermissions: String(item.nextPermissions),
    CurrentPermissions: String(item.currentPermissions),
    BasePermissions: String(item.basePermissions),
    EveryOnePermissions: String(item.everyonePermissions),
    GroupPermissions: String(item.groupPermissions),
    GroupID: item.groupId,
    GroupOwned: item.groupOwned ? 'True' : 'False',
    SalePrice: String(item.salePrice),
    SaleType: String(item.saleType),
    Flags: String(item.flags),
    CreationDate: String(item.creationDate),
    ...changes,
  };
}
