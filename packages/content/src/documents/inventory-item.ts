/** `inventory/…/*.xml`: one item of an IAR (UserInventoryItemSerializer.cs, OspResolver.cs). */
import type { Uuid } from '@gridkeep/wire/uuid';
import { tryParseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { XmlElement } from '@gridkeep/wire/xml-tree';
import { childOf } from '@gridkeep/wire/xml-tree';
import type { AssetReference } from '../assets/asset-reference.ts';
import { AssetTypes, parseAssetType } from '../assets/asset-kinds.ts';
import { InventoryTypes } from '../assets/inventory-types.ts';
import type { DocumentFinding } from './document-error.ts';
import { DocumentError, quoted } from './document-error.ts';
import { decodeDocument, parseDocument, replacedFindings } from './document-text.ts';
import {
  FieldError,
  i32Max,
  i32Min,
  parseInteger,
  plainText,
  readBoolean,
  readUuid,
  u32Max,
} from './field-values.ts';
import { formatNetBoolean } from './net-text.ts';
import type { XmlNode } from './xml-lines.ts';
import { asciiXml, xmlLines } from './xml-lines.ts';

export interface InventoryItem {
  /** Replaced by a new one at load. */
  readonly id: Uuid;
  readonly name: string;
  readonly description: string;
  /** As written: `ospa:n=First Last`, an id in old files, or empty; see `creatorOf`. */
  readonly creatorText: string;
  /** `<home URL>/<id>;<First Last>`; undefined when the file has none. */
  readonly creatorData: string | undefined;
  /** In archives saved with `--home`; overrides `creatorText`. */
  readonly creatorIdText: string | undefined;
  /** Replaced by the loading resident. */
  readonly owner: Uuid;
  readonly assetId: Uuid;
  /** As written; 24 and 25 are links, whose `assetId` is an item or folder. */
  readonly assetType: number;
  readonly invType: number;
  /** Permissions, 32 bits without sign. */
  readonly basePermissions: number;
  readonly currentPermissions: number;
  readonly everyonePermissions: number;
  readonly nextPermissions: number;
  readonly flags: number;
  readonly saleType: number;
  readonly salePrice: number;
  readonly groupId: Uuid;
  readonly groupOwned: boolean;
  /** Unix seconds. */
  readonly creationDate: number;
}

export interface ParsedItem {
  readonly item: InventoryItem;
  /** The item's asset; none for a link. */
  readonly references: readonly AssetReference[];
  readonly findings: readonly DocumentFinding[];
}

/** Throws a DocumentError (I1, or C4 for a DOCTYPE) for what is no item; a bad value is a finding and its default stands. */
export function parseInventoryItem(bytes: Uint8Array): ParsedItem {
  const { text, replaced } = decodeDocument(bytes);
  const root = parseDocument(text, 'I1', { depthMax: 16, nodesMax: 1000, lengthMax: 1_000_000 });
  if (root.name !== 'InventoryItem')
    throw new DocumentError('I1', '', `<${root.name.slice(0, 60)}> instead of <InventoryItem>`, root.start);
  const parsed = new ItemReader(root).read();
  return { ...parsed, findings: [...replacedFindings('I1', replaced), ...parsed.findings] };
}

class ItemReader {
  readonly #root: XmlElement;
  readonly #findings: DocumentFinding[] = [];

  constructor(root: XmlElement) {
    this.#root = root;
  }

  read(): ParsedItem {
    const item: InventoryItem = {
      id: this.#value('ID', zeroUuid, readUuid),
      name: this.#value('Name', '', plainText),
      description: this.#value('Description', '', plainText),
      creatorText: this.#value('CreatorUUID', '', plainText),
      creatorData: this.#value('CreatorData', undefined, plainText),
      creatorIdText: this.#value('CreatorID', undefined, plainText),
      owner: this.#value('Owner', zeroUuid, readUuid),
      assetId: this.#value('AssetID', zeroUuid, readUuid),
      assetType: this.#i32('AssetType', AssetTypes.unknown),
      invType: this.#i32('InvType', InventoryTypes.unknown),
      basePermissions: this.#mask('BasePermissions'),
      currentPermissions: this.#mask('CurrentPermissions'),
      everyonePermissions: this.#mask('EveryOnePermissions'),
      nextPermissions: this.#mask('NextPermissions'),
      flags: this.#mask('Flags'),
      saleType: this.#i32('SaleType', 0) & 0xff,
      salePrice: this.#i32('SalePrice', 0),
      groupId: this.#value('GroupID', zeroUuid, readUuid),
      groupOwned: this.#value('GroupOwned', false, readBoolean),
      creationDate: this.#i32('CreationDate', 0),
    };
    return { item, references: itemReferences(item), findings: this.#findings };
  }

  #warn(name: string, message: string, offset: number): void {
    this.#findings.push({ rule: 'I1', severity: 'warning', field: name, message, offset });
  }

  #value<T>(name: string, absent: T, parse: (element: XmlElement) => T): T {
    const element = childOf(this.#root, name);
    if (element === undefined) return absent;
    try {
      return parse(element);
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      this.#warn(name, `${error.message}; the default is taken`, element.start);
      return absent;
    }
  }

  #i32(name: string, absent: number): number {
    return this.#value(name, absent, (element) => parseInteger(plainText(element), i32Min, i32Max));
  }

  /** Signed and unsigned both stand for the same 32 bits; OpenSimulator cannot read the upper half unsigned. */
  #mask(name: string): number {
    return this.#value(name, 0, (element) => {
      const value = parseInteger(plainText(element), i32Min, u32Max);
      if (value > i32Max)
        this.#warn(name, `OpenSimulator reads 0 for ${value}; it is kept as it is`, element.start);
      return value >>> 0;
    });
  }
}

export function itemReferences(item: InventoryItem): readonly AssetReference[] {
  const isLink = item.assetType === AssetTypes.link || item.assetType === AssetTypes.linkFolder;
  if (isLink || item.assetId === zeroUuid) return [];
  const where = `AssetID of ${quoted(item.name)}`;
  return [{ id: item.assetId, type: parseAssetType(item.assetType), certain: true, where }];
}

export interface ItemCreator {
  readonly id: Uuid | undefined;
  /** `First Last` of an `ospa:` name. */
  readonly name: string | undefined;
}

const ospaPrefix = 'ospa:';

/** Who the file says made the item; both undefined when it does not say. */
export function creatorOf(item: InventoryItem): ItemCreator {
  const text = item.creatorIdText ?? item.creatorText;
  if (!text.startsWith(ospaPrefix)) return { id: tryParseUuid(text.trim()), name: undefined };
  for (const tuple of text.slice(ospaPrefix.length).split('|')) {
    const at = tuple.indexOf('=');
    if (tuple.slice(0, at) === 'n') return { id: undefined, name: tuple.slice(at + 1) };
  }
  return { id: undefined, name: undefined };
}

/** What OpenSimulator writes as `CreatorUUID` for an account. */
export function ospaName(firstName: string, lastName: string): string {
  return `${ospaPrefix}n=${firstName} ${lastName}`;
}

/** An item as OpenSimulator writes it, other than ASCII characters as references: its loader would make question marks of them. */
export function writeInventoryItem(item: InventoryItem): Uint8Array {
  const nodes: XmlNode[] = [
    ['Name', item.name],
    ['ID', item.id],
    ['InvType', String(item.invType)],
    ['CreatorUUID', item.creatorText],
    ['CreationDate', String(item.creationDate)],
    ['Owner', item.owner],
    ['Description', item.description],
    ['AssetType', String(item.assetType)],
    ['AssetID', item.assetId],
    ['SaleType', String(item.saleType)],
    ['SalePrice', String(item.salePrice)],
    ['BasePermissions', mask(item.basePermissions)],
    ['CurrentPermissions', mask(item.currentPermissions)],
    ['EveryOnePermissions', mask(item.everyonePermissions)],
    ['NextPermissions', mask(item.nextPermissions)],
    ['Flags', mask(item.flags)],
    ['GroupID', item.groupId],
    ['GroupOwned', formatNetBoolean(item.groupOwned)],
  ];
  if (item.creatorData !== undefined) nodes.push(['CreatorData', item.creatorData]);
  if (item.creatorIdText !== undefined) nodes.push(['CreatorID', item.creatorIdText]);
  return Buffer.from(xmlLines(['InventoryItem', nodes], asciiXml), 'utf8');
}

/** Signed: the loader reads an i32 and casts it, so only this brings back all 32 bits. */
function mask(value: number): string {
  return String(value | 0);
}
