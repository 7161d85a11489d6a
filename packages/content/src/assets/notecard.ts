/**
 * Notecards: text with items embedded in it (viewers' llnotecard.cpp).
 * Read by lines and by byte counts, since `Text length` counts bytes, not characters.
 */
import type { Uuid } from '@gridkeep/wire/uuid';
import { tryParseUuid, uuidFromBytes, uuidToBytes } from '@gridkeep/wire/uuid';
import type { AssetType } from './asset-kinds.ts';
import { assetTypeOfTextName } from './asset-kinds.ts';

export interface EmbeddedItem {
  /** Its place in the text is the character U+100000 + index; undefined when not given. */
  readonly index: number | undefined;
  readonly name: string;
  /** Undefined when the item names none, or what it names is no UUID. */
  readonly assetId: Uuid | undefined;
  readonly type: AssetType | undefined;
}

export interface Notecard {
  readonly version: number;
  readonly items: readonly EmbeddedItem[];
  /** UTF-8, normally; as much of it as is there. */
  readonly text: Uint8Array;
  /** What deviates from the format; undefined for a sound notecard. */
  readonly problem: string | undefined;
}

/** Viewers hide the ids of items without full permission by this pattern (viewers' llinventory.cpp; OpenSimulator's SLUtil.cs). */
const shadowPattern: readonly number[] = [
  0x3c, 0x11, 0x5e, 0x51, 0x04, 0xf4, 0x52, 0x3c, 0x9f, 0xa6, 0x98, 0xaf, 0xf1, 0x03, 0x47, 0x30,
];

/** Its own inverse: shadow to asset id and back. */
export function shadowUuid(id: Uuid): Uuid {
  return uuidFromBytes(uuidToBytes(id).map((byte, index) => byte ^ (shadowPattern[index] ?? 0)));
}

class ItemBuilder {
  index: number | undefined;
  name = '';
  assetId: Uuid | undefined;
  type: AssetType | undefined;
}

function fromLatin1(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}

/** `\t\tname\tHouse key|` has the word `name` and the value `House key|`. */
function splitField(line: string): { word: string; value: string } {
  const trimmed = line.trimStart();
  const gap = trimmed.search(/[ \t]/);
  return gap < 0
    ? { word: trimmed.trimEnd(), value: '' }
    : { word: trimmed.slice(0, gap), value: trimmed.slice(gap + 1) };
}

function setField(item: ItemBuilder, word: string, value: string): void {
  switch (word) {
    case 'asset_id':
      item.assetId = tryParseUuid(value.trim());
      return;
    case 'shadow_id': {
      const shadow = tryParseUuid(value.trim());
      item.assetId = shadow === undefined ? undefined : shadowUuid(shadow);
      return;
    }
    case 'type':
      item.type = assetTypeOfTextName(value.trim());
      return;
    case 'name':
      item.name = fromLatin1(value.replace(/\|\s*$/, ''));
      return;
  }
}

/** Never throws. Undefined when the first line is not a notecard's. */
export function parseNotecard(bytes: Uint8Array): Notecard | undefined {
  const latin1 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  const version = /^Linden text version (\d{1,9})\r?\n/.exec(latin1);
  if (version === null) return undefined;
  const { items, textAt, textLength, depth, count } = readItems(latin1, version[0].length);
  const available = bytes.length - textAt;
  const text = bytes.subarray(textAt, textAt + Math.min(textLength ?? 0, available));
  let problem: string | undefined;
  if (textLength === undefined) problem = 'no line "Text length"';
  else if (textLength > available) problem = `${available} of ${textLength} bytes of text`;
  else if (depth !== 1) problem = `braces of the embedded items do not match`;
  else if (count !== items.length) problem = `${items.length} embedded items instead of ${count}`;
  else if (!/^\s*\}[\s\0]*$/.test(latin1.slice(textAt + textLength))) problem = 'no brace after the text';
  return { version: Number(version[1]), items, text, problem };
}

interface Items {
  readonly items: readonly EmbeddedItem[];
  readonly textAt: number;
  readonly textLength: number | undefined;
  /** Open braces when the text starts. */
  readonly depth: number;
  readonly count: number;
}

/** From the line after the first to the line `Text length`. */
function readItems(latin1: string, from: number): Items {
  const items: EmbeddedItem[] = [];
  let item: ItemBuilder | undefined;
  let depth = 0;
  let count = 0;
  for (let at = from; at < latin1.length;) {
    const newline = latin1.indexOf('\n', at);
    const end = newline < 0 ? latin1.length : newline;
    const line = latin1.slice(at, end);
    at = end + 1;
    const { word, value } = splitField(line);
    if (word === '{') depth += 1;
    else if (word === '}') depth -= 1;
    else if (word === 'ext' && depth >= 2) {
      item = new ItemBuilder();
      items.push(item);
      const index = /(\d{1,9})\s*$/.exec(value);
      if (index !== null) item.index = Number(index[1]);
    } else if (word === 'count' && item === undefined) count = Number.parseInt(value, 10) || 0;
    else if (line.startsWith('Text ')) {
      const length = /^length (\d{1,9})\s*$/.exec(value);
      if (length !== null)
        return { items, textAt: Math.min(at, latin1.length), textLength: Number(length[1]), depth, count };
    } else if (item !== undefined) setField(item, word, value);
  }
  return { items, textAt: latin1.length, textLength: undefined, depth, count };
}
