/** Folders and items in forms of `/xinventory`, and what they mean for what is stored. */
import { tryParseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { FormFieldError } from '../form-fields.ts';
import type { FormFields } from '../form-fields.ts';
import { cutText, storableText } from '../text.ts';
import type { InventoryFolder, InventoryItem } from './inventory-records.ts';
import { wireDescriptionMax, wireFolderNameMax, wireItemNameMax, wireVersion } from './inventory-xml.ts';

/** Ids in one question; more are refused. */
const idsMax = 10_000;

/** Zero where it is no UUID, as in OpenSimulator. Throws FormFieldError when it is missing. */
export function principalOf(fields: FormFields): Uuid {
  return tryParseUuid(fields.text('PRINCIPAL').trim()) ?? zeroUuid;
}

/** A list between commas: undefined stands for an entry that is no UUID. */
export function commaIds(fields: FormFields, name: string): readonly (Uuid | undefined)[] {
  const text = fields.text(name).trim();
  const parts = text === '' ? [] : text.split(',', idsMax + 1);
  return bounded(name, parts).map((part) => tryParseUuid(part.trim()));
}

/** A list of fields; entries that are no UUID are passed over. */
export function listedIds(fields: FormFields, name: string): readonly Uuid[] {
  return bounded(name, fields.list(name)).flatMap((text) => tryParseUuid(text.trim()) ?? []);
}

export function readMoves(fields: FormFields): readonly { readonly itemId: Uuid; readonly folderId: Uuid }[] {
  const items = bounded('IDLIST', fields.list('IDLIST'));
  const folders = fields.list('DESTLIST');
  if (items.length !== folders.length)
    throw new FormFieldError('fields IDLIST and DESTLIST differ in length');
  return items.flatMap((text, index) => {
    const itemId = tryParseUuid(text.trim());
    const folderId = tryParseUuid((folders[index] ?? '').trim());
    return itemId === undefined || folderId === undefined ? [] : [{ itemId, folderId }];
  });
}

function bounded<T>(name: string, entries: readonly T[]): readonly T[] {
  if (entries.length > idsMax) throw new FormFieldError(`field ${name} has more than ${idsMax} entries`);
  return entries;
}

export function readFolder(fields: FormFields): InventoryFolder {
  return {
    id: givenId(fields, 'ID'),
    ownerId: givenId(fields, 'Owner'),
    parentId: fields.uuid('ParentID'),
    name: fields.text('Name'),
    type: whole(fields, 'Type', -0x8000, 0x7fff),
    version: whole(fields, 'Version', 0, 0xffff),
  };
}

export function readItem(fields: FormFields): InventoryItem {
  return {
    id: givenId(fields, 'ID'),
    ownerId: givenId(fields, 'Owner'),
    folderId: fields.uuid('Folder'),
    assetId: fields.uuid('AssetID'),
    assetType: whole(fields, 'AssetType', -0x8000_0000, 0x7fff_ffff),
    inventoryType: whole(fields, 'InvType', -0x8000_0000, 0x7fff_ffff),
    name: fields.text('Name'),
    description: fields.text('Description'),
    basePermissions: mask(fields, 'BasePermissions'),
    currentPermissions: mask(fields, 'CurrentPermissions'),
    everyonePermissions: mask(fields, 'EveryOnePermissions'),
    groupPermissions: mask(fields, 'GroupPermissions'),
    nextPermissions: mask(fields, 'NextPermissions'),
    ...readCreator(fields),
    creatorClaim: '',
    flags: mask(fields, 'Flags'),
    saleType: whole(fields, 'SaleType', 0, 255),
    salePrice: whole(fields, 'SalePrice', -0x8000_0000, 0x7fff_ffff),
    groupId: fields.uuid('GroupID'),
    groupOwned: fields.flag('GroupOwned'),
    creationDate: whole(fields, 'CreationDate', -0x8000_0000, 0x7fff_ffff),
  };
}

/** `CreatorId` may be `uuid;home;First Last`, of which the rest belongs to `CreatorData`. */
function readCreator(fields: FormFields): Pick<InventoryItem, 'creatorId' | 'creatorData'> {
  const [id = '', ...rest] = fields.text('CreatorId').split(';');
  const data = fields.optionalText('CreatorData') ?? '';
  return {
    creatorId: tryParseUuid(id.trim()) ?? zeroUuid,
    creatorData: data === '' ? rest.join(';') : data,
  };
}

function givenId(fields: FormFields, name: string): Uuid {
  const id = fields.uuid(name);
  if (id === zeroUuid) throw new FormFieldError(`field ${name} is the zero UUID`);
  return id;
}

function whole(fields: FormFields, name: string, min: number, max: number): number {
  const value = fields.whole(name);
  if (value < min || value > max) throw new FormFieldError(`field ${name} is not in ${min}…${max}`);
  return value;
}

/** 32 bits, as a simulator may write them: unsigned or in two's complement. */
function mask(fields: FormFields, name: string): number {
  return whole(fields, name, -0x8000_0000, 0xffff_ffff) >>> 0;
}

/** What simulators were shown of a longer text and give back means the longer text. */
function keptText(given: string, stored: string, shownMax: number): string {
  return storableText(given, given.length) === cutText(stored, shownMax) ? stored : given;
}

/** A simulator knows of a stored folder only what the wire could carry of name and version. */
export function reconcileFolder(given: InventoryFolder, stored: InventoryFolder): InventoryFolder {
  return {
    ...given,
    name: keptText(given.name, stored.name, wireFolderNameMax),
    version: widenedVersion(given.version, stored.version),
  };
}

/** The version nearest to the stored one with these lowest 16 bits, once the stored one has more than those. */
function widenedVersion(given: number, stored: number): number {
  if (stored <= 0xffff) return given;
  const steps = ((given - wireVersion(stored)) << 16) >> 16;
  return stored + steps;
}

/** As `reconcileFolder`; what an archive claimed about the creator stays while the creator does. */
export function reconcileItem(given: InventoryItem, stored: InventoryItem): InventoryItem {
  const sameCreator = given.creatorId === stored.creatorId && given.creatorData === stored.creatorData;
  return {
    ...given,
    name: keptText(given.name, stored.name, wireItemNameMax),
    description: keptText(given.description, stored.description, wireDescriptionMax),
    creatorClaim: sameCreator ? stored.creatorClaim : given.creatorClaim,
  };
}
