/** What an inventory is made of. */
import type { Uuid } from '@gridkeep/wire/uuid';

/**
 * UTF-16 units; longer texts are cut. OpenSimulator's tables end at 64, 64 and 128, but archives hold longer ones, and
 * what came in must go out again.
 */
export const folderNameMax = 255;
export const itemNameMax = 255;
export const itemDescriptionMax = 1023;
/** Of `creatorData`. */
export const itemCreatorMax = 255;
/** Of `creatorClaim`. */
export const itemCreatorClaimMax = 1024;

export interface NewFolder {
  readonly id: Uuid;
  readonly ownerId: Uuid;
  /** The zero UUID for a root. */
  readonly parentId: Uuid;
  readonly name: string;
  /** OpenMetaverse's FolderType; -1 for an ordinary folder. */
  readonly type: number;
}

export interface InventoryFolder extends NewFolder {
  /** Grows with every change of what is directly inside; only its lowest 16 bits go over the wire. */
  readonly version: number;
}

export interface InventoryItem {
  readonly id: Uuid;
  readonly ownerId: Uuid;
  readonly folderId: Uuid;
  /** For links (asset types 24 and 25) the id of an item or a folder. */
  readonly assetId: Uuid;
  readonly assetType: number;
  readonly inventoryType: number;
  readonly name: string;
  readonly description: string;
  /** Permission masks are unsigned 32 bits. */
  readonly basePermissions: number;
  readonly currentPermissions: number;
  readonly everyonePermissions: number;
  readonly groupPermissions: number;
  readonly nextPermissions: number;
  /** The zero UUID when it is not known. */
  readonly creatorId: Uuid;
  /** `home;First Last` of a creator from another grid, else ''. */
  readonly creatorData: string;
  /** What an archive says about the creator when that could not be resolved to an account, else ''. */
  readonly creatorClaim: string;
  /** Unsigned 32 bits; the lowest byte is the wearable type, bit 0 tells that a gesture is active. */
  readonly flags: number;
  /** 0 none, 1 original, 2 copy, 3 contents. */
  readonly saleType: number;
  readonly salePrice: number;
  readonly groupId: Uuid;
  readonly groupOwned: boolean;
  /** Unix seconds, as simulators and archives state it. */
  readonly creationDate: number;
}

export interface FolderContent {
  readonly folders: readonly InventoryFolder[];
  readonly items: readonly InventoryItem[];
}

/** What a stored record becomes when another is given for it: who gives it may know less than what is stored. */
export type Reconcile<T> = (given: T, stored: T) => T;

/** How a change ended: 'done', or the rule that forbade it. */
export type InventoryOutcome =
  | 'done'
  /** The id, or a system folder of that type, is there already. */
  | 'exists'
  | 'unknown-folder'
  | 'unknown-item'
  /** The folder that was to hold it does not exist. */
  | 'unknown-parent'
  /** A system folder needs a root. */
  | 'no-root'
  /** The folder that was to hold it belongs to somebody else. */
  | 'other-owner'
  /** The folder would lie within itself, or too deep. */
  | 'bad-place'
  /** A root stays where it is. */
  | 'system-folder'
  /** Versions never go back. */
  | 'stale-version'
  /** Only what lies in Trash or Lost And Found can be purged. */
  | 'not-in-trash';
