/** Where an entry below `inventory/` lies (InventoryArchiveReadRequest.cs). */
import { DocumentError } from '../documents/document-error.ts';
import { parseSegment } from '../documents/inventory-names.ts';
import type { PathStep } from './archive-entry.ts';

export interface InventoryPlace {
  readonly folders: readonly PathStep[];
  /** The last segment of an item; undefined for a directory. */
  readonly file: PathStep | undefined;
}

/** Deeper than any inventory of people. */
const depthMax = 128;

/** Throws a DocumentError (I1) for a path that is no inventory path. */
export function inventoryPath(path: string, isDirectory: boolean): InventoryPlace {
  const segments = path.split('/').filter((segment) => segment !== '');
  if (segments.length > depthMax) throw new DocumentError('I1', '', `folders nest deeper than ${depthMax}`);
  const steps = segments.map((segment, index): PathStep => {
    const isFile = !isDirectory && index === segments.length - 1;
    // A folder's name may end with ".xml" as well; only an item's ending is a suffix.
    return isFile ? parseSegment(segment) : parseSegment(`${segment}.xml`);
  });
  if (isDirectory) return { folders: steps, file: undefined };
  return { folders: steps.slice(0, -1), file: steps.at(-1) };
}
