/**
 * The values of LLSD, the data model of viewers. Plain JavaScript where it keeps the type apart, small classes
 * where it does not: `1.0` is not the integer 1, and an id, a date or an address is not a string.
 */
import type { Uuid } from '../uuid.ts';

/** A 64-bit float. NaN is legal; infinities have no agreed text and cannot be written. */
export class LlsdReal {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

export class LlsdUuid {
  readonly id: Uuid;
  constructor(id: Uuid) {
    this.id = id;
  }
}

/** Seconds since 1970, UTC. */
export class LlsdDate {
  readonly seconds: number;
  constructor(seconds: number) {
    this.seconds = seconds;
  }
}

export class LlsdUri {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** A `number` is an integer of 32 bits; other numbers are `LlsdReal`. An `undefined` member is not a missing one. */
export type LlsdValue =
  | undefined
  | boolean
  | number
  | LlsdReal
  | string
  | LlsdUuid
  | LlsdDate
  | LlsdUri
  | Uint8Array
  | LlsdArray
  | LlsdMap;

export type LlsdArray = readonly LlsdValue[];
export type LlsdMap = ReadonlyMap<string, LlsdValue>;

/** Narrows better than instanceof, which does not know that a `ReadonlyMap` is a `Map`. */
export function isLlsdMap(value: LlsdValue): value is LlsdMap {
  return value instanceof Map;
}

export function isLlsdArray(value: LlsdValue): value is LlsdArray {
  return Array.isArray(value);
}

/** Input that is not LLSD, a value that cannot be written, or a limit that was passed. */
export class LlsdError extends Error {
  override readonly name = 'LlsdError';
  /** Where in the input, in bytes or for XML in UTF-16 units; undefined when writing. */
  readonly offset: number | undefined;
  constructor(message: string, offset?: number) {
    super(offset === undefined ? message : `${message} (at ${offset})`);
    this.offset = offset;
  }
}

export interface LlsdLimits {
  /** Nesting of values: a lone scalar has depth 1. Readers recurse, so a few hundred at most. */
  readonly depthMax: number;
  /** Values altogether, maps and arrays included. */
  readonly valuesMax: number;
  /** Bytes of the input; for XML given as a string UTF-16 units. */
  readonly lengthMax: number;
}

/** Viewers stop at depth 96 in zipped blocks; the rest bounds memory. */
export const defaultLlsdLimits: LlsdLimits = {
  depthMax: 96,
  valuesMax: 1_000_000,
  lengthMax: 10_000_000,
};

/** Depth and number of the values read so far. */
export class LlsdBudget {
  readonly #depthMax: number;
  #valuesLeft: number;

  constructor(limits: LlsdLimits) {
    this.#depthMax = limits.depthMax;
    this.#valuesLeft = limits.valuesMax;
  }

  /** Counts one value at this depth. Throws LlsdError past a limit. */
  enter(depth: number, offset: number): void {
    if (depth > this.#depthMax)
      throw new LlsdError(`values nested deeper than the ${this.#depthMax} allowed`, offset);
    this.#valuesLeft -= 1;
    if (this.#valuesLeft < 0) throw new LlsdError('more values than allowed', offset);
  }

  /** Refuses a declared count before anything is allocated for it. */
  expect(count: number, offset: number): void {
    if (count > this.#valuesLeft) throw new LlsdError(`${count} values declared, more than allowed`, offset);
  }
}

/** The default limits with some replaced. Throws LlsdError when the input is longer than they allow. */
export function limitsFor(length: number, limits: Partial<LlsdLimits>): LlsdLimits {
  const all = { ...defaultLlsdLimits, ...limits };
  if (length > all.lengthMax)
    throw new LlsdError(
      `${length} bytes or characters, more than the ${all.lengthMax} allowed`,
      all.lengthMax,
    );
  return all;
}

export const integerMin = -0x8000_0000;
export const integerMax = 0x7fff_ffff;

/** Checks that a number may be written as an LLSD integer. */
export function requireInteger(value: number): number {
  if (!Number.isInteger(value) || value < integerMin || value > integerMax)
    throw new LlsdError(`${value} is not an integer of 32 bits; wrap other numbers in LlsdReal`);
  return value;
}

/** Checks depth while writing; a value that contains itself ends here too. */
export function requireDepth(depth: number): void {
  if (depth > defaultLlsdLimits.depthMax)
    throw new LlsdError(`values nested deeper than the ${defaultLlsdLimits.depthMax} that can be written`);
}

/** The shortest decimal of a real, its sign kept for zero. Throws LlsdError for an infinity. */
export function formatReal(value: number): string {
  if (value === Infinity || value === -Infinity) throw new LlsdError('an infinite real cannot be written');
  if (Number.isNaN(value)) return 'nan';
  return Object.is(value, -0) ? '-0' : String(value);
}

const real = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** A real from its text, or undefined when it is none. */
export function tryParseReal(text: string): number | undefined {
  if (text.length > 400) return undefined;
  if (real.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  return /^nan$/i.test(text) ? NaN : undefined;
}

/** A 32-bit integer from its text, or undefined when it is none. */
export function tryParseInteger(text: string): number | undefined {
  if (!/^[+-]?\d{1,40}$/.test(text)) return undefined;
  const value = Number(text);
  if (value < integerMin || value > integerMax) return undefined;
  return value === 0 ? 0 : value;
}
