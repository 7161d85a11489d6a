/** Folders and items of an IAR, waiting for the transaction that puts them in place. */
import type { FolderEntry, ItemEntry, PathStep } from '@gridkeep/content/archives/archive-entry';
import type { InventoryItem as ItemDocument } from '@gridkeep/content/documents/inventory-item';
import type { LineCodec } from './record-spool.ts';
import { LineFields } from './spooled-records.ts';

/** A folder's place among the folders of the archive: the same steps, the same folder. */
export function pathKey(path: readonly PathStep[]): string {
  return path.map((step) => `${step.id ?? ''}${JSON.stringify(step.name)}`).join('/');
}

export type SpooledNode =
  | {
      readonly kind: 'folder';
      readonly parent: string;
      readonly key: string;
      readonly name: string;
      /** In the archive; '' where it has none. */
      readonly archiveId: string;
    }
  | { readonly kind: 'item'; readonly parent: string; readonly item: ItemDocument };

export const spooledNodeCodec: LineCodec<SpooledNode> = {
  encode: (node) => {
    if (node.kind === 'folder') return JSON.stringify(node);
    const { item } = node;
    return JSON.stringify({
      kind: 'item',
      parent: node.parent,
      ...item,
      groupOwned: item.groupOwned ? 1 : 0,
      creatorData: item.creatorData ?? null,
      creatorIdText: item.creatorIdText ?? null,
    });
  },
  decode: (line) => {
    const fields = new LineFields(line);
    const parent = fields.text('parent');
    return fields.text('kind') === 'folder'
      ? {
          kind: 'folder',
          parent,
          key: fields.text('key'),
          name: fields.text('name'),
          archiveId: fields.text('archiveId'),
        }
      : { kind: 'item', parent, item: itemOf(fields) };
  },
};

function itemOf(fields: LineFields): ItemDocument {
  return {
    id: fields.uuid('id'),
    name: fields.text('name'),
    description: fields.text('description'),
    creatorText: fields.text('creatorText'),
    creatorData: fields.optionalText('creatorData'),
    creatorIdText: fields.optionalText('creatorIdText'),
    owner: fields.uuid('owner'),
    assetId: fields.uuid('assetId'),
    assetType: fields.number('assetType'),
    invType: fields.number('invType'),
    basePermissions: fields.number('basePermissions'),
    currentPermissions: fields.number('currentPermissions'),
    everyonePermissions: fields.number('everyonePermissions'),
    nextPermissions: fields.number('nextPermissions'),
    flags: fields.number('flags'),
    saleType: fields.number('saleType'),
    salePrice: fields.number('salePrice'),
    groupId: fields.uuid('groupId'),
    groupOwned: fields.boolean('groupOwned'),
    creationDate: fields.number('creationDate'),
  };
}

export function folderNode({ path }: FolderEntry): SpooledNode {
  const last = path.at(-1);
  if (last === undefined) throw new Error('a folder without a name');
  return {
    kind: 'folder',
    parent: pathKey(path.slice(0, -1)),
    key: pathKey(path),
    name: last.name,
    archiveId: last.id ?? '',
  };
}

export function itemNode({ path, item }: ItemEntry): SpooledNode {
  return { kind: 'item', parent: pathKey(path), item };
}
