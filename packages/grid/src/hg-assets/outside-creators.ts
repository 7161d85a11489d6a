/** Creators as other grids must see them: an id of this grid says nothing there without the grid's address and a name. */
import { DocumentError } from '@gridkeep/content/documents/document-error';
import { decodeDocument } from '@gridkeep/content/documents/document-text';
import { mapIdentities } from '@gridkeep/content/documents/object-identities';
import { tryParseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Account } from '../accounts/account.ts';
import type { AtOnce } from '../at-once.ts';
import { withoutSlash } from '../grid-url.ts';

/** Residents among these ids. */
export type FindResidents = (ids: Iterable<Uuid>) => AtOnce<ReadonlyMap<Uuid, Account>>;

/** A larger object goes out as it is: it would hold the program too long. */
const objectBytesMax = 4 * 1024 * 1024;

/** `uuid;home/First Last` for a resident; anything else as it is (OpenSim/Services/HypergridService/HGAssetService.cs). */
export async function outsideCreator(
  creator: string,
  home: string,
  findResidents: FindResidents,
): Promise<string> {
  const id = tryParseUuid(creator.trim());
  const account = id === undefined || id === zeroUuid ? undefined : (await findResidents([id])).get(id);
  return account === undefined ? creator : `${account.id};${withoutSlash(home)}/${fullName(account)}`;
}

/**
 * A scene object with `CreatorData` for every resident who made a part or an item of it. The same bytes when there is
 * nothing to add, or it is no object that can be read.
 */
export async function outsideObject(
  data: Uint8Array,
  home: string,
  findResidents: FindResidents,
): Promise<Uint8Array> {
  if (data.byteLength > objectBytesMax) return data;
  try {
    const { text } = decodeDocument(data);
    const ids = new Set<Uuid>();
    mapIdentities(text, ({ role, id, creatorData }) => {
      if (role === 'creator' && creatorData === '' && id !== zeroUuid) ids.add(id);
      return undefined;
    });
    const residents = ids.size === 0 ? new Map<Uuid, Account>() : await findResidents(ids);
    if (residents.size === 0) return data;
    const changed = mapIdentities(text, ({ role, id, creatorData }) => {
      const account = role === 'creator' && creatorData === '' ? residents.get(id) : undefined;
      return account === undefined
        ? undefined
        : { id, creatorData: `${withoutSlash(home)};${fullName(account)}` };
    });
    return Buffer.from(changed, 'utf8');
  } catch (error) {
    if (error instanceof DocumentError) return data;
    throw error;
  }
}

function fullName({ firstName, lastName }: Account): string {
  return `${firstName} ${lastName}`;
}
