/** The tree of an IAR: which folders there are, which were announced, where links lead. */
import type { Uuid } from '@gridkeep/wire/uuid';
import type { FolderEntry, ItemEntry, PathStep } from './archive-entry.ts';
import { detachedText, detachedUuid } from './detached.ts';
import type { Finding } from './findings.ts';
import type { InventoryReport } from './inspection-report.ts';

export interface InventoryLink {
  readonly item: Uuid;
  readonly target: Uuid;
  readonly name: string;
  readonly entry: string;
  readonly offset: number;
}

interface Folder {
  hasContent: boolean;
}

export class InventoryCensus {
  readonly #folders = new Map<string, Folder>();
  readonly #folderIds = new Set<Uuid>();
  readonly #itemIds = new Set<Uuid>();
  readonly #links: InventoryLink[] = [];
  #rootHasContent = false;
  #items = 0;
  #unannounced = 0;
  #assetsCame = false;
  #outOfOrder = false;

  /** The folders on the way to an entry that no entry announced, outermost first; they count as there from now on. */
  enter(path: readonly PathStep[]): readonly (readonly PathStep[])[] {
    const implied: (readonly PathStep[])[] = [];
    let key = '';
    for (const [index, step] of path.entries()) {
      this.#hold(key);
      key = keyOf(key, step);
      if (this.#folders.has(key)) continue;
      this.#add(key, step);
      implied.push(path.slice(0, index + 1));
    }
    return implied;
  }

  /** Gives what `enter` gives for the folders above; false for `isNew` when it came before. */
  folder(entry: FolderEntry): {
    readonly implied: readonly (readonly PathStep[])[];
    readonly isNew: boolean;
  } {
    this.#noteOrder();
    const implied = this.enter(entry.path.slice(0, -1));
    this.#unannounced += implied.length;
    const isNew = this.enter(entry.path).length > 0;
    return { implied, isNew };
  }

  item(entry: ItemEntry): readonly (readonly PathStep[])[] {
    this.#noteOrder();
    this.#items += 1;
    const implied = this.enter(entry.path);
    this.#unannounced += implied.length;
    this.#hold(entry.path.reduce(keyOf, ''));
    this.#itemIds.add(detachedUuid(entry.item.id));
    return implied;
  }

  link(link: InventoryLink): void {
    const { item, target, name } = link;
    this.#links.push({
      ...link,
      item: detachedUuid(item),
      target: detachedUuid(target),
      name: detachedText(name),
    });
  }

  asset(): void {
    this.#assetsCame = true;
  }

  #noteOrder(): void {
    if (this.#assetsCame) this.#outOfOrder = true;
  }

  #add(key: string, step: PathStep): void {
    this.#folders.set(key, { hasContent: false });
    if (step.id !== undefined) this.#folderIds.add(step.id);
  }

  #hold(key: string): void {
    const folder = this.#folders.get(key);
    if (folder !== undefined) folder.hasContent = true;
    else this.#rootHasContent = true;
  }

  report(find: (finding: Finding) => void): InventoryReport {
    let danglingLinks = 0;
    for (const { item, target, name, entry, offset } of this.#links) {
      if (this.#itemIds.has(target) || this.#folderIds.has(target)) continue;
      danglingLinks += 1;
      const message = `the link ${JSON.stringify(name)} leads to ${target}, which is not in the archive; OpenSimulator drops it`;
      find({ rule: 'I1', severity: 'warning', entry, offset, message, ids: [item, target] });
    }
    if (this.#outOfOrder)
      find({
        rule: 'C5',
        severity: 'warning',
        message: 'assets stand before inventory entries: OpenSimulator would abort the load',
      });
    if (this.#unannounced > 0)
      find({
        rule: 'C5',
        severity: 'warning',
        message: `${this.#unannounced} folders have no entry of their own before their content: OpenSimulator would misplace it`,
      });
    let withContent = this.#rootHasContent ? 1 : 0;
    for (const folder of this.#folders.values()) if (folder.hasContent) withContent += 1;
    return {
      items: this.#items,
      folders: withContent,
      emptyFolders: this.#folders.size + (this.#rootHasContent ? 1 : 0) - withContent,
      links: this.#links.length,
      danglingLinks,
      outOfOrder: this.#outOfOrder,
    };
  }
}

/** Segments hold no unescaped slash, so this is one key per path. */
function keyOf(parent: string, step: PathStep): string {
  return `${parent}/${step.name.replaceAll('/', '&#47;')}__${step.id ?? ''}`;
}
