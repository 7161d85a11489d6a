/** Where the folders of an inventory stand in a snapshot: as they lie in one another, as far as that makes sense. */
import type { Uuid } from '@gridkeep/wire/uuid';
import { folderDepthMax } from '../backup-layout/layout.ts';

export interface PlacedFolder<Row> {
  readonly id: Uuid;
  readonly row: Row;
  /** In the order of their ids. */
  readonly children: PlacedFolder<Row>[];
}

/**
 * Those directly in the resident's folder, in the order of their ids. Folders whose parent is not there, that lie in a circle
 * or too deep are among them: the first of a circle is the one with the least id. `rows` in the order of their ids.
 */
export function placeFolders<Row>(
  rows: readonly Row[],
  idOf: (row: Row) => Uuid,
  parentOf: (row: Row) => Uuid,
): readonly PlacedFolder<Row>[] {
  const all = new Map<Uuid, PlacedFolder<Row>>();
  for (const row of rows) all.set(idOf(row), { id: idOf(row), row, children: [] });
  const below = Map.groupBy(all.values(), (folder) => parentOf(folder.row));
  const placed = new Set<Uuid>();
  const roots: PlacedFolder<Row>[] = [];
  const place = (root: PlacedFolder<Row>): void => {
    const waiting = [root];
    roots.push(root);
    placed.add(root.id);
    for (let top = waiting.shift(); top !== undefined; top = waiting.shift()) {
      let level = [top];
      for (let depth = 1; level.length > 0; depth += 1) {
        const next: PlacedFolder<Row>[] = [];
        for (const folder of level)
          for (const child of below.get(folder.id) ?? []) {
            if (placed.has(child.id)) continue;
            placed.add(child.id);
            if (depth < folderDepthMax) {
              folder.children.push(child);
              next.push(child);
            } else {
              roots.push(child);
              waiting.push(child);
            }
          }
        level = next;
      }
    }
  };
  for (const folder of all.values()) if (!all.has(parentOf(folder.row))) place(folder);
  for (const folder of all.values()) if (!placed.has(folder.id)) place(folder);
  return roots.sort((a, b) => (a.id < b.id ? -1 : 1));
}
