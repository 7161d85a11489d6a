/** The part that both kinds of archives end with. */
import type { Uuid } from '@gridkeep/wire/uuid';
import { assetFileName } from '../assets/asset-file-name.ts';
import type { AssetType } from '../assets/asset-kinds.ts';
import type { TarContent } from './tar-writer.ts';

/** Content is asked for as the writer needs it. */
export type Source<T> = AsyncIterable<T> | Iterable<T>;

export interface ArchiveAsset {
  readonly id: Uuid;
  readonly type: AssetType;
  readonly bytes: Uint8Array;
}

/**
 * Types that archives have no name for (glTF, unknown) get a suffix that stands for none: OpenSimulator passes over
 * such an entry, our reader keeps its bytes.
 */
export async function* assetEntries(assets: Source<ArchiveAsset>): AsyncGenerator<TarContent, void, void> {
  for await (const { id, type, bytes } of assets)
    yield { name: `assets/${assetFileName(id, type) ?? `${id}_unknown.bin`}`, bytes };
}
