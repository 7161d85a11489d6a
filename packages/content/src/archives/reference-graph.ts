/** Which assets an archive has and which it wants. One small record per id; no bodies. */
import type { Uuid } from '@gridkeep/wire/uuid';
import type { AssetReference } from '../assets/asset-reference.ts';
import type { AssetType } from '../assets/asset-kinds.ts';
import { detachedText, detachedUuid } from './detached.ts';

/** Who names assets; shared by all references of one document. */
export interface Holder {
  readonly kind: 'object' | 'item' | 'asset' | 'settings' | 'parcel';
  readonly id: Uuid | undefined;
  readonly name: string;
  readonly entry: string;
}

export interface Want {
  readonly holder: Holder;
  readonly where: string;
}

export interface AssetNode {
  readonly id: Uuid;
  /** Undefined as long as no usable bytes came. */
  content: { readonly type: AssetType; readonly size: number; readonly hash: string } | undefined;
  /** Came, but without bytes. */
  damaged: boolean;
  /** Of the certain reference that came first. */
  wantedType: AssetType | undefined;
  certain: number;
  uncertain: boolean;
  /** The first certain wants. */
  wants: Want[] | undefined;
}

/** Enough to find the trouble; the count is exact. */
const wantsMax = 3;
/** Who holds an id, fit to be kept after its entry is gone. */
export function holderOf(kind: Holder['kind'], id: Uuid | undefined, name: string, entry: string): Holder {
  return { kind, id: id && detachedUuid(id), name: detachedText(name), entry };
}

/** Ids that only text scans found: past this, a hostile script could fill the memory. */
const uncertainMax = 1_000_000;

export class ReferenceGraph {
  readonly #nodes = new Map<Uuid, AssetNode>();
  #uncertainOnly = 0;
  #uncertainDropped = 0;

  node(id: Uuid): AssetNode {
    let node = this.#nodes.get(id);
    if (node === undefined) {
      const kept = detachedUuid(id);
      node = {
        id: kept,
        content: undefined,
        damaged: false,
        wantedType: undefined,
        certain: 0,
        uncertain: false,
        wants: undefined,
      };
      this.#nodes.set(kept, node);
    }
    return node;
  }

  get(id: Uuid): AssetNode | undefined {
    return this.#nodes.get(id);
  }

  want(holder: Holder, reference: AssetReference): void {
    if (reference.id === holder.id) return;
    if (!reference.certain) {
      this.#wantUncertain(reference.id);
      return;
    }
    const node = this.node(reference.id);
    if (node.certain === 0) node.wantedType = reference.type;
    node.certain += 1;
    node.wants ??= [];
    if (node.wants.length < wantsMax) node.wants.push({ holder, where: detachedText(reference.where) });
  }

  #wantUncertain(id: Uuid): void {
    const known = this.#nodes.get(id);
    if (known !== undefined) known.uncertain = true;
    else if (this.#uncertainOnly < uncertainMax) {
      this.#uncertainOnly += 1;
      this.node(id).uncertain = true;
    } else this.#uncertainDropped += 1;
  }

  /** True when there were more uncertain ids than are kept track of. */
  get uncertainOverflow(): boolean {
    return this.#uncertainDropped > 0;
  }

  nodes(): IterableIterator<AssetNode> {
    return this.#nodes.values();
  }

  /** Who holds the holder, from an asset up to an object or item: names for people. */
  holdersOf(holder: Holder): string[] {
    const names: string[] = [];
    const seen = new Set<Uuid>();
    let at: Holder | undefined = holder;
    while (at?.kind === 'asset' && at.id !== undefined && !seen.has(at.id) && names.length < 8) {
      seen.add(at.id);
      at = this.#nodes.get(at.id)?.wants?.[0]?.holder;
      if (at !== undefined) names.push(`${at.kind} ${at.name === '' ? (at.id ?? at.entry) : at.name}`);
    }
    return names;
  }
}
