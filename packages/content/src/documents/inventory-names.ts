/**
 * Names in the paths of an IAR (OpenSim/Region/CoreModules/Avatar/Inventory/Archiver/InventoryArchiveUtils.cs) and in the inventory
 * paths that people type.
 */
import type { Uuid } from '@gridkeep/wire/uuid';
import { tryParseUuid } from '@gridkeep/wire/uuid';

export interface NodeName {
  readonly name: string;
  /** Undefined when what follows the last `__` is no id; the name then is the whole segment. */
  readonly id: Uuid | undefined;
}

const separator = '__';
const itemSuffix = '.xml';

/** Only these two are escaped; `..`, `\` and control characters stand as they are, so a segment is no file name. */
export function escapeNodeName(name: string): string {
  return name.replaceAll('&', '&amp;').replaceAll('/', '&#47;');
}

export function unescapeNodeName(segment: string): string {
  return segment.replaceAll('&#47;', '/').replaceAll('&amp;', '&');
}

/** The segment of a folder, without the closing slash. */
export function folderSegment(name: string, id: Uuid): string {
  return `${escapeNodeName(name)}${separator}${id}`;
}

/** The segment of an item, with its suffix. */
export function itemSegment(name: string, id: Uuid): string {
  return `${folderSegment(name, id)}${itemSuffix}`;
}

/** A segment of either kind, `.xml` allowed: the name is everything before the last `__`. */
export function parseSegment(segment: string): NodeName {
  const bare = segment.endsWith(itemSuffix) ? segment.slice(0, -itemSuffix.length) : segment;
  const at = bare.lastIndexOf(separator);
  const id = at < 0 ? undefined : tryParseUuid(bare.slice(at + separator.length));
  if (id === undefined) return { name: unescapeNodeName(bare), id };
  return { name: unescapeNodeName(bare.slice(0, at)), id };
}

export interface InventoryPath {
  /** Names from the root of the inventory; empty for the root itself. */
  readonly names: readonly string[];
  /** True for a trailing `*`: what is in the folder, not the folder itself. */
  readonly contentsOnly: boolean;
}

/** Longer paths or deeper ones are no one's inventory. */
const pathLengthMax = 4096;
const pathDepthMax = 64;

/**
 * A path as OpenSimulator's console takes it: `/` separates, `\/` and `\\` stand for themselves, a last part `*` means the contents;
 * empty parts do not count. Throws a RangeError for one that is too long or too deep.
 */
export function parseInventoryPath(text: string): InventoryPath {
  if (text.length > pathLengthMax) throw new RangeError(`an inventory path of ${text.length} characters`);
  const names: string[] = [];
  let name = '';
  let plain = true;
  const close = (): void => {
    if (name !== '') names.push(name);
    name = '';
    plain = true;
  };
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    const next = text.charAt(at + 1);
    if (character === '\\' && (next === '/' || next === '\\')) {
      name += next;
      plain = false;
      at += 1;
    } else if (character === '/') close();
    else name += character;
  }
  const contentsOnly = plain && name === '*';
  if (!contentsOnly) close();
  if (names.length > pathDepthMax) throw new RangeError(`an inventory path of ${names.length} folders`);
  return { names, contentsOnly };
}

/** The opposite of `parseInventoryPath`. A lone `*` as a last name cannot be told from the contents and is written as it is. */
export function formatInventoryPath({ names, contentsOnly }: InventoryPath): string {
  const parts = names.map((name) => name.replaceAll('\\', '\\\\').replaceAll('/', '\\/'));
  return `/${[...parts, ...(contentsOnly ? ['*'] : [])].join('/')}`;
}
