/** Gathers findings, keeps so many of them, and marks what they cost. */
import type { BlobIndex, IndexedPack } from '../repository/blob-index.ts';
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { BlobType } from '../format/tree-node.ts';
import { BlobMarks } from './blob-marks.ts';
import type { Finding } from './findings.ts';

export interface UnindexedBlob {
  readonly type: BlobType;
  readonly id: BlobId;
}

export class FindingsList {
  readonly kept: Finding[] = [];
  more = 0;
  isSound = true;
  readonly #max: number;
  readonly #unindexed = new Map<string, UnindexedBlob>();
  #damaged = new BlobMarks(0);

  constructor(max: number) {
    this.#max = max;
  }

  add(finding: Finding): void {
    if (finding.severity === 'damage') this.isSound = false;
    if (this.kept.length < this.#max) this.kept.push(finding);
    else this.more += 1;
  }

  /** Once the index is there. */
  begin(index: BlobIndex): void {
    this.#damaged = new BlobMarks(index.size);
  }

  get damaged(): BlobMarks {
    return this.#damaged;
  }

  /** True when it was not known. */
  markBlob(slot: number): boolean {
    return this.#damaged.add(slot);
  }

  markPack(pack: IndexedPack): void {
    for (let slot = pack.first; slot < pack.first + pack.blobs; slot += 1) this.#damaged.add(slot);
  }

  /** True when it was not known; the first ones are kept. */
  markUnindexed(blob: UnindexedBlob): boolean {
    const key = `${blob.type}/${blob.id}`;
    if (this.#unindexed.has(key)) return false;
    if (this.#unindexed.size < this.#max) this.#unindexed.set(key, blob);
    return true;
  }

  get unindexed(): readonly UnindexedBlob[] {
    return [...this.#unindexed.values()];
  }
}
