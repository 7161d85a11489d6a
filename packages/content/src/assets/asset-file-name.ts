/** Names of assets in archives: `<id>_<suffix>`, where the suffix tells the type (OpenSimulator's ArchiveConstants.cs). */
import type { Uuid } from '@gridkeep/wire/uuid';
import { tryParseUuid } from '@gridkeep/wire/uuid';
import type { AssetType } from './asset-kinds.ts';
import { assetKind, assetKinds } from './asset-kinds.ts';

export interface KnownAssetFile {
  readonly id: Uuid;
  readonly type: AssetType;
}

/** `id` is there when only the suffix is unknown. */
export interface OddAssetFile {
  readonly problem: AssetFileNameProblem;
  readonly id: Uuid | undefined;
}

export type AssetFileName = KnownAssetFile | OddAssetFile;

export type AssetFileNameProblem =
  | 'the name has no "_" after the id'
  | 'the part before the last "_" is not a UUID'
  | 'the suffix stands for no kind of asset';

const typeOfSuffix: ReadonlyMap<string, AssetType> = new Map(
  assetKinds.flatMap((kind): [string, AssetType][] =>
    kind.archiveSuffix === undefined ? [] : [[kind.archiveSuffix, kind.type]],
  ),
);

/** 36 characters of id, one underscore, the longest suffix; anything longer is not looked at in detail. */
const nameLengthMax = 36 + 1 + Math.max(...[...typeOfSuffix.keys()].map((suffix) => suffix.length));

const undashedForm = /^[0-9a-f]{32}$/i;

function parseArchiveId(text: string): Uuid | undefined {
  if (!undashedForm.test(text)) return tryParseUuid(text);
  return tryParseUuid(
    `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`,
  );
}

/**
 * Reads the last segment of an entry's path. As OpenSimulator's loader: what follows the last `_` is the suffix, and
 * the id may stand without dashes; unlike it, upper-case suffixes are accepted.
 */
export function parseAssetFileName(name: string): AssetFileName {
  const separator = name.lastIndexOf('_');
  if (separator < 0) return { problem: 'the name has no "_" after the id', id: undefined };
  const id = separator > 36 ? undefined : parseArchiveId(name.slice(0, separator));
  if (id === undefined) return { problem: 'the part before the last "_" is not a UUID', id: undefined };
  const type =
    name.length > nameLengthMax ? undefined : typeOfSuffix.get(name.slice(separator + 1).toLowerCase());
  if (type === undefined) return { problem: 'the suffix stands for no kind of asset', id };
  return { id, type };
}

/** The name in an archive, or undefined for a type that archives cannot hold. */
export function assetFileName(id: Uuid, type: AssetType): string | undefined {
  const suffix = assetKind(type).archiveSuffix;
  return suffix === undefined ? undefined : `${id}_${suffix}`;
}
