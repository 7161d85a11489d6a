/** One asset naming another one. */
import type { Uuid } from '@gridkeep/wire/uuid';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { AssetType } from './asset-kinds.ts';

export interface AssetReference {
  readonly id: Uuid;
  /** What the place wants; undefined where any kind may stand (script text, sculpt maps that may be meshes). */
  readonly type: AssetType | undefined;
  /** False for ids found by scanning text: most of them are no assets at all. */
  readonly certain: boolean;
  /** The place, for people: `TextureEntry face 3`, `embedded item "House key"`. */
  readonly where: string;
}

/**
 * Collects references; the zero id stands for "none" everywhere and is left out.
 * One entry per id and type: a certain reference replaces an uncertain one, otherwise the first stays.
 */
export class ReferenceList {
  readonly #found = new Map<string, AssetReference>();

  add(reference: AssetReference): void {
    if (reference.id === zeroUuid) return;
    const key = `${reference.id}${reference.type ?? ''}`;
    const known = this.#found.get(key);
    if (known === undefined || (reference.certain && !known.certain)) this.#found.set(key, reference);
  }

  addAll(references: Iterable<AssetReference>): void {
    for (const reference of references) this.add(reference);
  }

  get size(): number {
    return this.#found.size;
  }

  list(): readonly AssetReference[] {
    return [...this.#found.values()];
  }
}
