/** What lies in a part: scripts, notecards, other objects. */
import type { Uuid } from '@gridkeep/wire/uuid';
import type { XmlElement } from '@gridkeep/wire/xml-tree';
import { AssetTypes, parseAssetType } from '../assets/asset-kinds.ts';
import { InventoryTypes } from '../assets/inventory-types.ts';
import { DocumentError, quoted } from './document-error.ts';
import { readFields } from './field-table.ts';
import { isSelfClosing } from './field-values.ts';
import type { ObjectReading } from './object-reading.ts';
import { itemFields } from './part-fields.ts';

/** Masks: transfer 0x2000, modify 0x4000, copy 0x8000, export 0x10000, move 0x80000. */
export interface TaskItem {
  readonly itemId: Uuid;
  readonly assetId: Uuid;
  /** As written; `parseAssetType` tells whether it is one. */
  readonly type: number;
  readonly invType: number;
  readonly name: string;
  readonly description: string;
  readonly creatorId: Uuid;
  readonly creatorData: string;
  readonly ownerId: Uuid;
  readonly lastOwnerId: Uuid;
  readonly groupId: Uuid;
  readonly basePermissions: number;
  readonly currentPermissions: number;
  readonly groupPermissions: number;
  readonly everyonePermissions: number;
  readonly nextPermissions: number;
  readonly flags: number;
  /** Unix seconds. */
  readonly creationDate: number;
}

export function isScript(item: TaskItem): boolean {
  return item.invType === InventoryTypes.script;
}

/** Throws a DocumentError for what makes OpenSimulator lose the object. */
export function readTaskInventory(
  element: XmlElement,
  path: string,
  reading: ObjectReading,
): readonly TaskItem[] {
  const items: TaskItem[] = [];
  const seen = new Set<Uuid>();
  for (const child of element.children) {
    const itemPath = `${path}/item ${items.length}`;
    if (child.name !== 'TaskInventoryItem' || isSelfClosing(child)) {
      const problem = `<${child.name}> is not a full TaskInventoryItem`;
      reading.refuse(new DocumentError('O1', itemPath, problem, child.start));
      continue;
    }
    const item = readTaskItem(child, itemPath, reading);
    if (seen.has(item.itemId)) {
      const problem = `the id ${item.itemId} occurs twice in one part`;
      reading.refuse(new DocumentError('O1', `${itemPath}/ItemID`, problem, child.start));
    }
    seen.add(item.itemId);
    items.push(item);
  }
  return items;
}

function readTaskItem(element: XmlElement, path: string, reading: ObjectReading): TaskItem {
  const fields = readFields(element, itemFields, reading.lenient(path));
  const item: TaskItem = {
    itemId: fields.id('ItemID'),
    assetId: fields.id('AssetID'),
    type: fields.number('Type', AssetTypes.unknown),
    invType: fields.number('InvType', InventoryTypes.unknown),
    name: fields.text('Name'),
    description: fields.text('Description'),
    creatorId: fields.id('CreatorID'),
    creatorData: fields.text('CreatorData'),
    ownerId: fields.id('OwnerID'),
    lastOwnerId: fields.id('LastOwnerID'),
    groupId: fields.id('GroupID'),
    basePermissions: fields.number('BasePermissions'),
    currentPermissions: fields.number('CurrentPermissions'),
    groupPermissions: fields.number('GroupPermissions'),
    everyonePermissions: fields.number('EveryonePermissions'),
    nextPermissions: fields.number('NextPermissions'),
    flags: fields.number('Flags'),
    creationDate: fields.number('CreationDate'),
  };
  noteItem(item, fields.id('PermsGranter'), path, reading);
  return item;
}

function noteItem(item: TaskItem, permsGranter: Uuid, path: string, reading: ObjectReading): void {
  reading.person('creator', item.creatorId, item.creatorData);
  reading.person('owner', item.ownerId);
  reading.person('lastOwner', item.lastOwnerId);
  reading.person('group', item.groupId);
  reading.person('permsGranter', permsGranter);
  // A link holds the id of an item or a folder.
  if (item.type === AssetTypes.link || item.type === AssetTypes.linkFolder) return;
  reading.references.add({
    id: item.assetId,
    type: parseAssetType(item.type),
    certain: true,
    where: `${path} ${quoted(item.name)}`,
  });
}
