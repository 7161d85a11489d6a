/** Counts the assets of an archive: by kind, by id, by content. */
import type { Uuid } from '@gridkeep/wire/uuid';
import { assetKind } from '../assets/asset-kinds.ts';
import type { AssetType } from '../assets/asset-kinds.ts';
import type { ReportFinding } from './findings.ts';
import type { AssetConflict, AssetsReport } from './inspection-report.ts';
import type { ReferenceGraph } from './reference-graph.ts';

export interface CountedAsset {
  readonly id: Uuid;
  readonly type: AssetType;
  readonly size: number;
  /** SHA-256, hexadecimal. */
  readonly sha256: string;
  readonly entry: string;
  readonly offset: number;
}

const conflictsListed = 1000;

export class AssetCensus {
  readonly #graph: ReferenceGraph;
  readonly #report: ReportFinding;
  readonly #kinds = new Map<AssetType, { count: number; bytes: number }>();
  /** Hashes as 32 one-byte characters: half the memory of hexadecimal. */
  readonly #contents = new Set<string>();
  readonly #conflictList: AssetConflict[] = [];
  #usable = 0;
  #uniqueBytes = 0;
  #sameBytes = 0;
  #repeated = 0;
  #conflicts = 0;

  constructor(graph: ReferenceGraph, report: ReportFinding) {
    this.#graph = graph;
    this.#report = report;
  }

  get isEmpty(): boolean {
    return this.#kinds.size === 0;
  }

  /** Every entry below `assets/`, usable or not. */
  count(type: AssetType, bytes: number): void {
    const counted = this.#kinds.get(type) ?? { count: 0, bytes: 0 };
    counted.count += 1;
    counted.bytes += bytes;
    this.#kinds.set(type, counted);
  }

  /** An asset with usable bytes; true when it is the one that counts for its id. */
  add(asset: CountedAsset): boolean {
    const hash = Buffer.from(asset.sha256, 'hex').toString('latin1');
    const node = this.#graph.node(asset.id);
    if (node.content !== undefined) {
      this.#again(asset, node.content.hash, hash);
      return false;
    }
    node.content = { type: asset.type, size: asset.size, hash };
    this.#usable += 1;
    if (this.#contents.has(hash)) this.#sameBytes += 1;
    else {
      this.#contents.add(hash);
      this.#uniqueBytes += asset.size;
    }
    return true;
  }

  #again(asset: CountedAsset, keptHash: string, hash: string): void {
    const { id, entry, offset } = asset;
    if (keptHash === hash) {
      this.#repeated += 1;
      this.#report({
        rule: 'A1',
        severity: 'warning',
        entry,
        offset,
        message: 'the asset is in the archive twice',
        ids: [id],
      });
      return;
    }
    this.#conflicts += 1;
    const kept = Buffer.from(keptHash, 'latin1').toString('hex');
    if (this.#conflictList.length < conflictsListed)
      this.#conflictList.push({ id, kept, other: asset.sha256, entry });
    this.#report({
      rule: 'A1',
      severity: 'error',
      entry,
      offset,
      message: `the id came before with other bytes: SHA-256 ${kept} counts, ${asset.sha256} does not`,
      ids: [id],
    });
  }

  report(knownToGrid: number | undefined): AssetsReport {
    const byKind = [...this.#kinds]
      .map(([type, { count, bytes }]) => ({ type, name: assetKind(type).name, count, bytes }))
      .sort((a, b) => b.count - a.count || a.type - b.type);
    return {
      byKind,
      count: byKind.reduce((sum, kind) => sum + kind.count, 0),
      bytes: byKind.reduce((sum, kind) => sum + kind.bytes, 0),
      usable: this.#usable,
      uniqueBytes: this.#uniqueBytes,
      sameBytes: this.#sameBytes,
      repeated: this.#repeated,
      conflicts: this.#conflicts,
      conflictList: this.#conflictList,
      knownToGrid,
    };
  }
}
