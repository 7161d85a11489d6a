/**
 * Folders and items as the XML of `/xinventory`, written straight into text: a folder may hold thousands of items, and
 * maps of maps would cost many times the work. Order and names of elements as in
 * OpenSim/Server/Handlers/Inventory/XInventoryInConnector.cs.
 */
import { escapeXml } from '@gridkeep/wire/xml-tree';
import { cutText } from '../text.ts';
import type { InventoryFolder, InventoryItem } from './inventory-records.ts';

/** What simulators and their databases take, in UTF-16 units; storage keeps more (`inventory-records.ts`). */
export const wireFolderNameMax = 64;
export const wireItemNameMax = 64;
export const wireDescriptionMax = 128;

/** Simulators read it into 16 bits and fail on more. */
export function wireVersion(version: number): number {
  return version & 0xffff;
}

export function folderXml(element: string, folder: InventoryFolder): string {
  return (
    `<${element} type="List"><ParentID>${folder.parentId}</ParentID><Type>${folder.type}</Type>` +
    `<Version>${wireVersion(folder.version)}</Version>` +
    `<Name>${escapeXml(cutText(folder.name, wireFolderNameMax))}</Name>` +
    `<Owner>${folder.ownerId}</Owner><ID>${folder.id}</ID></${element}>`
  );
}

export function itemXml(element: string, item: InventoryItem): string {
  return (
    `<${element} type="List"><AssetID>${item.assetId}</AssetID><AssetType>${item.assetType}</AssetType>` +
    `<BasePermissions>${item.basePermissions}</BasePermissions>` +
    `<CreationDate>${item.creationDate}</CreationDate>` +
    `<CreatorId>${item.creatorId}</CreatorId><CreatorData>${escapeXml(item.creatorData)}</CreatorData>` +
    `<CurrentPermissions>${item.currentPermissions}</CurrentPermissions>` +
    `<Description>${escapeXml(cutText(item.description, wireDescriptionMax))}</Description>` +
    `<EveryOnePermissions>${item.everyonePermissions}</EveryOnePermissions>` +
    `<Flags>${item.flags}</Flags><Folder>${item.folderId}</Folder><GroupID>${item.groupId}</GroupID>` +
    `<GroupOwned>${item.groupOwned ? 'True' : 'False'}</GroupOwned>` +
    `<GroupPermissions>${item.groupPermissions}</GroupPermissions><ID>${item.id}</ID>` +
    `<InvType>${item.inventoryType}</InvType><Name>${escapeXml(cutText(item.name, wireItemNameMax))}</Name>` +
    `<NextPermissions>${item.nextPermissions}</NextPermissions><Owner>${item.ownerId}</Owner>` +
    `<SalePrice>${item.salePrice}</SalePrice><SaleType>${item.saleType}</SaleType></${element}>`
  );
}

export function foldersXml(folders: readonly InventoryFolder[]): string {
  return listXml('FOLDERS', folders, (folder, index) => folderXml(`folder_${index}`, folder));
}

export function itemsXml(items: readonly InventoryItem[]): string {
  return listXml('ITEMS', items, (item, index) => itemXml(`item_${index}`, item));
}

function listXml<T>(name: string, entries: readonly T[], write: (entry: T, index: number) => string): string {
  if (entries.length === 0) return `<${name} type="List" />`;
  let text = `<${name} type="List">`;
  for (const [index, entry] of entries.entries()) text += write(entry, index);
  return `${text}</${name}>`;
}

const declaration = '<?xml version="1.0"?>';
const responseStart = `${declaration}<ServerResponse>`;
const responseEnd = '</ServerResponse>';

/** A reply of these elements, one after the other. */
export function responseDocument(parts: readonly (string | Uint8Array)[]): Uint8Array {
  if (parts.length === 0) return bytesOf(`${declaration}<ServerResponse />`);
  return Buffer.concat([
    bytesOf(responseStart),
    ...parts.map((part) => (typeof part === 'string' ? bytesOf(part) : part)),
    bytesOf(responseEnd),
  ]);
}

/** What a folder is and holds, as one reply, and where its two lists stand in it. */
export interface ContentDocument {
  readonly document: Uint8Array;
  /** `FOLDERS` and all that is in it. */
  readonly foldersXml: Uint8Array;
  /** `ITEMS` and all that is in it. */
  readonly itemsXml: Uint8Array;
}

export function contentDocument(
  { id, version }: InventoryFolder,
  folders: readonly InventoryFolder[],
  items: readonly InventoryItem[],
): ContentDocument {
  const lists = [foldersXml(folders), itemsXml(items)].map(bytesOf);
  const head = `<FID>${id}</FID><VERSION>${wireVersion(version)}</VERSION>`;
  const document = responseDocument([head, ...lists]);
  const [foldersBytes = 0, itemsBytes = 0] = lists.map(({ byteLength }) => byteLength);
  const end = document.byteLength - responseEnd.length;
  return {
    document,
    foldersXml: document.subarray(end - itemsBytes - foldersBytes, end - itemsBytes),
    itemsXml: document.subarray(end - itemsBytes, end),
  };
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}
