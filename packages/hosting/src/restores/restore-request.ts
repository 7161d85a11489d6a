/** What is to be restored, and where to. */
import type { Uuid } from '@gridkeep/wire/uuid';

/** The grain of a restore, down to one thing. Ids are those in the snapshot. */
export type RestoreScope =
  | { readonly kind: 'grid' }
  | { readonly kind: 'region'; readonly regionId: Uuid }
  /** All that a resident has. */
  | { readonly kind: 'inventory'; readonly residentId: Uuid }
  /** With everything below it. */
  | { readonly kind: 'folder'; readonly residentId: Uuid; readonly folderId: Uuid }
  | { readonly kind: 'item'; readonly residentId: Uuid; readonly itemId: Uuid }
  | { readonly kind: 'object'; readonly regionId: Uuid; readonly objectId: Uuid }
  | { readonly kind: 'asset'; readonly assetId: Uuid };

/**
 * 'in-place': with the ids it had, instead of what is there now; what the scope has now and the snapshot has not, vanishes.
 * 'beside': as something new with ids of its own, and nothing that is there changes. Objects of a region beside keep their ids, as
 * those of a loaded archive do (docs/decisions/identities.md): they are unique within a region. One object beside gets new ones.
 */
export type Placement = 'in-place' | 'beside';

export interface RestoreRequest {
  readonly scope: RestoreScope;
  readonly placement: Placement;
  /** Change nothing and say what would change. */
  readonly dryRun: boolean;
  /**
   * Of a region beside: default `<name> restored <date>`, and the nearest free place. Of what is restored into an inventory
   * beside: the name of the new folder; default `Restored <date and time of the snapshot>`.
   */
  readonly newName?: string;
  /** Of a region beside: its south-west corner, in units of 256 m. */
  readonly location?: { readonly x: number; readonly y: number };
  /**
   * Of a whole grid in place: also take away assets that came after the snapshot. Default false: simulators hold objects
   * that need them, and an asset never changes.
   */
  readonly removeLaterAssets?: boolean;
}

/** A grid made of a snapshot, on this host or a fresh one. What is left out is as in the snapshot. */
export interface NewGridRequest {
  readonly slug?: string;
  readonly name?: string;
  /** Names of another grid on this host are refused; without this, those of the snapshot. */
  readonly hostnames?: readonly string[];
  /** False: simulators need new credentials. Default true: the secrets they have go on working. */
  readonly withSimulators?: boolean;
}

/** A dry run cannot say what would change before content was fetched from cold storage. */
export class ContentColdError extends Error {
  override readonly name = 'ContentColdError';
  constructor(place: string) {
    super(`${place} has to be fetched from cold storage before it is known what it needs`);
  }
}

/** The restore cannot be carried out and nothing was changed; the message says why. */
export class RestoreRefusedError extends Error {
  override readonly name = 'RestoreRefusedError';
}
