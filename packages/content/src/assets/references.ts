/** Which other assets an asset names (rules of OpenSimulator's UuidGatherer.cs, with its gaps closed). */
import type { AssetReference } from './asset-reference.ts';
import type { AssetType } from './asset-kinds.ts';

export interface AssetReferences {
  /** One entry per id and wanted type. */
  readonly references: readonly AssetReference[];
  /** Why the bytes could not be read as their kind; the list then holds what was found before. */
  readonly problem: string | undefined;
}

/** Never throws, whatever the bytes. Kinds without references give an empty list. */
export declare function findReferences(type: AssetType, bytes: Uint8Array): AssetReferences;
