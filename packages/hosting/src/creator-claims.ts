/**
 * Who made an inventory item: whom that is on this grid, and what the archive said, so that saving it again says the same.
 */
import type { ItemCreator, InventoryItem as ItemDocument } from '@gridkeep/content/documents/inventory-item';
import { creatorOf, ospaName } from '@gridkeep/content/documents/inventory-item';
import { itemCreatorClaimMax } from '@gridkeep/grid/inventory/inventory-records';
import type { Uuid } from '@gridkeep/wire/uuid';
import { zeroUuid } from '@gridkeep/wire/uuid';

/** The three places of an item's document that name its creator. */
export interface CreatorStatement {
  readonly creatorText: string;
  readonly creatorData: string | undefined;
  readonly creatorIdText: string | undefined;
}

/** The creator as the grid's records have it. */
export interface RecordedCreator {
  readonly creatorId: Uuid;
  readonly creatorData: string;
  /** '' when the statement can be made again from the rest. */
  readonly creatorClaim: string;
}

/** Looks up accounts; the name is `First Last`. */
export interface CreatorLookup {
  named(name: string): Promise<Uuid | undefined>;
  has(id: Uuid): Promise<boolean>;
  nameOf(id: Uuid): Promise<{ readonly firstName: string; readonly lastName: string } | undefined>;
}

/**
 * As OpenSimulator (InventoryArchiveReadRequest.LoadItem): a name of an account wins; else, without creator data, the
 * loading resident becomes the creator; else what the file says stays.
 */
export async function recordCreator(
  document: ItemDocument,
  loader: Uuid,
  lookup: CreatorLookup,
): Promise<RecordedCreator> {
  const stated = creatorOf(document);
  const data = document.creatorData ?? '';
  const local = await localCreator(stated, lookup);
  const creator =
    local !== undefined
      ? { creatorId: local, creatorData: '' }
      : data === ''
        ? { creatorId: loader, creatorData: '' }
        : { creatorId: stated.id ?? zeroUuid, creatorData: data };
  const derived = await stateCreator({ ...creator, creatorClaim: '' }, lookup);
  return { ...creator, creatorClaim: sameStatement(derived, document) ? '' : claimOf(document) };
}

async function localCreator(stated: ItemCreator, lookup: CreatorLookup): Promise<Uuid | undefined> {
  if (stated.name !== undefined) return lookup.named(stated.name);
  return stated.id !== undefined && (await lookup.has(stated.id)) ? stated.id : undefined;
}

/** What to write about the creator into an archive. */
export async function stateCreator(
  creator: RecordedCreator,
  lookup: CreatorLookup,
): Promise<CreatorStatement> {
  const claim = readClaim(creator.creatorClaim);
  if (claim !== undefined) return claim;
  const account = await lookup.nameOf(creator.creatorId);
  const creatorText = account === undefined ? '' : ospaName(account.firstName, account.lastName);
  return creator.creatorData === ''
    ? { creatorText, creatorData: undefined, creatorIdText: undefined }
    : { creatorText, creatorData: creator.creatorData, creatorIdText: creator.creatorId };
}

function sameStatement(a: CreatorStatement, b: CreatorStatement): boolean {
  return (
    a.creatorText === b.creatorText && a.creatorData === b.creatorData && a.creatorIdText === b.creatorIdText
  );
}

function claimOf({ creatorText, creatorData, creatorIdText }: CreatorStatement): string {
  const claim = JSON.stringify([creatorText, creatorData ?? null, creatorIdText ?? null]);
  return claim.length <= itemCreatorClaimMax ? claim : '';
}

function readClaim(claim: string): CreatorStatement | undefined {
  if (claim === '') return undefined;
  const value: unknown = JSON.parse(claim);
  if (!Array.isArray(value)) return undefined;
  const [text, data, id]: readonly unknown[] = value;
  return {
    creatorText: typeof text === 'string' ? text : '',
    creatorData: typeof data === 'string' ? data : undefined,
    creatorIdText: typeof id === 'string' ? id : undefined,
  };
}
