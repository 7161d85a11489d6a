/** Counts what a restore changes, and keeps the first of the changes for people. */
import type { FileNode } from '@gridkeep/vault/format/tree-node';
import type {
  ChangeCount,
  LostContent,
  RestoreChange,
  RestoredKind,
  RestoreReport,
} from './restore-report.ts';

const listedMax = 1000;
const none: ChangeCount = { appear: 0, change: 0, vanish: 0, same: 0 };

export class ChangeTally {
  readonly #counts = new Map<RestoredKind, ChangeCount>();
  readonly #changes: RestoreChange[] = [];
  readonly #missing: LostContent[] = [];
  #missingCount = 0;
  #lostCount = 0;

  add(kind: RestoredKind, change: RestoreChange['change'] | 'same', id: string, name: string): void {
    const before = this.#counts.get(kind) ?? none;
    this.#counts.set(kind, { ...before, [change]: before[change] + 1 });
    if (change !== 'same' && this.#changes.length < listedMax)
      this.#changes.push({ kind, change, id, name: name.slice(0, 255) });
  }

  addSame(kind: RestoredKind, count: number): void {
    const before = this.#counts.get(kind) ?? none;
    this.#counts.set(kind, { ...before, same: before.same + count });
  }

  /** Content that nobody has; `file` undefined: nor had the backup. */
  missContent(id: string, where: string, file: FileNode | undefined): void {
    if (file !== undefined) this.#lostCount += 1;
    this.missAlready(id, where);
  }

  /** Something is named that was not there when the backup was made either. */
  missAlready(id: string, where: string): void {
    this.#missingCount += 1;
    if (this.#missing.length < listedMax) this.#missing.push({ id, where: where.slice(0, 400) });
  }

  get report(): Pick<RestoreReport, 'counts' | 'changes' | 'missing' | 'missingCount' | 'lostCount'> {
    const of = (kind: RestoredKind): ChangeCount => this.#counts.get(kind) ?? none;
    const counts: RestoreReport['counts'] = {
      asset: of('asset'),
      folder: of('folder'),
      item: of('item'),
      region: of('region'),
      object: of('object'),
      parcel: of('parcel'),
      terrain: of('terrain'),
      settings: of('settings'),
      'map-tile': of('map-tile'),
      row: of('row'),
    };
    return {
      counts,
      changes: [...this.#changes],
      missing: [...this.#missing],
      missingCount: this.#missingCount,
      lostCount: this.#lostCount,
    };
  }
}
