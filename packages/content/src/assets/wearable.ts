/** Clothing and body parts: parameters and textures of one wearable (viewers' llwearable.cpp). */
import type { Uuid } from '@gridkeep/wire/uuid';
import { tryParseUuid } from '@gridkeep/wire/uuid';

export interface Wearable {
  /** Of the format; 22 today, 24 is tolerated by viewers. */
  readonly version: number;
  readonly name: string;
  /** The number of the line `type`; undefined when there is none. */
  readonly type: number | undefined;
  readonly parameters: ReadonlyMap<number, number>;
  /** By texture slot. */
  readonly textures: ReadonlyMap<number, Uuid>;
  /** What deviates from the format; undefined for a sound wearable. */
  readonly problem: string | undefined;
}

const parametersMax = 1000;
const texturesMax = 100;

class Lines {
  readonly #lines: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#lines = text.split('\n');
  }

  next(): string | undefined {
    const line = this.#lines[this.#at];
    this.#at += 1;
    return line;
  }

  /** The number of the next line that is `word <number>`, leaving the reader after it. */
  seek(word: string): number | undefined {
    for (let line = this.next(); line !== undefined; line = this.next()) {
      const trimmed = line.trim();
      if (!trimmed.startsWith(`${word} `)) continue;
      const value = Number(trimmed.slice(word.length + 1));
      if (Number.isInteger(value)) return value;
    }
    return undefined;
  }
}

/** Never throws. Undefined when the first line is not a wearable's. */
export function parseWearable(bytes: Uint8Array): Wearable | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  const lines = new Lines(text);
  const version = /^LLWearable version (\d{1,9})\s*$/.exec(lines.next() ?? '');
  if (version === null) return undefined;
  const name = (lines.next() ?? '').trimEnd();
  const parameters = new Map<number, number>();
  const textures = new Map<number, Uuid>();
  const type = lines.seek('type');
  let problem = type === undefined ? 'no line "type"' : undefined;
  problem ??= readParameters(lines, parameters);
  problem ??= readTextures(lines, textures);
  return { version: Number(version[1]), name, type, parameters, textures, problem };
}

function readParameters(lines: Lines, parameters: Map<number, number>): string | undefined {
  const count = lines.seek('parameters');
  if (count === undefined) return 'no line "parameters"';
  if (count < 0 || count > parametersMax) return `${count} parameters`;
  for (let index = 0; index < count; index += 1) {
    const fields = (lines.next() ?? '').trim().split(/[ \t]+/);
    const id = Number(fields[0]);
    const weight = Number(fields[1]);
    if (fields.length < 2 || !Number.isInteger(id) || !Number.isFinite(weight))
      return `parameter ${index + 1} of ${count} is not "<id> <weight>"`;
    parameters.set(id, weight);
  }
  return undefined;
}

function readTextures(lines: Lines, textures: Map<number, Uuid>): string | undefined {
  const count = lines.seek('textures');
  if (count === undefined) return 'no line "textures"';
  if (count < 0 || count > texturesMax) return `${count} textures`;
  for (let index = 0; index < count; index += 1) {
    const fields = (lines.next() ?? '')
      .replaceAll('\0', '')
      .trim()
      .split(/[ \t]+/);
    const slot = Number(fields[0]);
    const id = tryParseUuid(fields[1] ?? '');
    if (!Number.isInteger(slot) || id === undefined)
      return `texture ${index + 1} of ${count} is not "<slot> <id>"`;
    textures.set(slot, id);
  }
  return undefined;
}
