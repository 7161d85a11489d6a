/** Folders and items in the forms of `/xinventory`, as simulators send them. */
import { writeForm } from '@gridkeep/wire/robust/form';
import type { FormValue } from '@gridkeep/wire/robust/form';
import { randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import fc from 'fast-check';
import type { InventoryItem } from '../inventory/inventory-records.ts';
import { testItem } from './test-grid.ts';

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

const methodNames = [
  ...['CREATEUSERINVENTORY', 'GETINVENTORYSKELETON', 'GETROOTFOLDER', 'GETFOLDERFORTYPE', 'GETFOLDERCONTENT'],
  ...['GETMULTIPLEFOLDERSCONTENT', 'GETFOLDERITEMS', 'ADDFOLDER', 'UPDATEFOLDER', 'MOVEFOLDER'],
  ...['DELETEFOLDERS', 'PURGEFOLDER', 'ADDITEM', 'UPDATEITEM', 'MOVEITEMS', 'DELETEITEMS', 'GETITEM'],
  ...['GETMULTIPLEITEMS', 'GETFOLDER', 'GETACTIVEGESTURES', 'GETASSETPERMISSIONS'],
];

/** Bodies as broken simulators might send them: right methods with any fields, wrong methods, and no forms at all. */
export function anyInventoryBody(): fc.Arbitrary<Uint8Array> {
  const fieldNames = [
    ...['PRINCIPAL', 'FOLDER', 'FOLDERS', 'ITEMS', 'ID', 'IDLIST', 'DESTLIST', 'ParentID', 'TYPE', 'ASSET'],
    ...Object.keys(itemForm(testItem(zeroUuid, zeroUuid))),
    ...Object.keys(folderForm(zeroUuid, zeroUuid, zeroUuid)),
  ];
  const value = fc.oneof(
    fc.constantFrom<FormValue>(zeroUuid, randomUuid(), '', '-1', '99999999999', 'True'),
    fc.string(),
    fc.array(fc.string(), { maxLength: 3 }),
  );
  const fields = fc.array(fc.tuple(fc.oneof(fc.constantFrom(...fieldNames), fc.string()), value));
  const form = fc
    .tuple(fc.oneof(fc.constantFrom(...methodNames), fc.string()), fields)
    .map(([method, all]) => Buffer.from(writeForm([['METHOD', method], ...all]), 'utf8'));
  return fc.oneof(form, fc.uint8Array());
}
