/**
 * LLSD values as the types of the program. Only conversions on which viewers and simulators agree: a text is no
 * boolean ("false" would be true), a real with a fraction no integer (one rounds, the other cuts). All else is undefined.
 */
import type { Uuid } from '../uuid.ts';
import { tryParseUuid } from '../uuid.ts';
import type { Quaternion, Vector3 } from '../vector.ts';
import type { LlsdValue } from './value.ts';
import {
  LlsdReal,
  LlsdUri,
  LlsdUuid,
  integerMax,
  integerMin,
  isLlsdArray,
  requireInteger,
  tryParseInteger,
  tryParseReal,
} from './value.ts';

/** Booleans, and integers as other than 0. */
export function booleanFromLlsd(value: LlsdValue): boolean | undefined {
  if (typeof value === 'boolean') return value;
  return typeof value === 'number' ? value !== 0 : undefined;
}

/** Integers, reals that are whole numbers of 32 bits, and decimal text. */
export function integerFromLlsd(value: LlsdValue): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return tryParseInteger(value.trim());
  if (!(value instanceof LlsdReal) || !Number.isInteger(value.value)) return undefined;
  return value.value >= integerMin && value.value <= integerMax ? value.value : undefined;
}

/** Reals, integers, which many send in their place, and decimal text. */
export function realFromLlsd(value: LlsdValue): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return tryParseReal(value.trim());
  return value instanceof LlsdReal ? value.value : undefined;
}

/** Strings, addresses and ids. */
export function textFromLlsd(value: LlsdValue): string | undefined {
  if (typeof value === 'string') return value;
  if (value instanceof LlsdUri) return value.text;
  return value instanceof LlsdUuid ? value.id : undefined;
}

/** Ids, also written as strings. */
export function uuidFromLlsd(value: LlsdValue): Uuid | undefined {
  if (value instanceof LlsdUuid) return value.id;
  return typeof value === 'string' ? tryParseUuid(value.trim()) : undefined;
}

/** An array of ids; undefined when one entry is none. */
export function uuidsFromLlsd(value: LlsdValue): Uuid[] | undefined {
  return isLlsdArray(value) ? allOf(value.map(uuidFromLlsd)) : undefined;
}

/** An array of three reals. */
export function vector3FromLlsd(value: LlsdValue): Vector3 | undefined {
  const [x, y, z, ...rest] = realsFromLlsd(value) ?? [];
  if (x === undefined || y === undefined || z === undefined || rest.length > 0) return undefined;
  return { x, y, z };
}

export function vector3ToLlsd({ x, y, z }: Vector3): LlsdValue {
  return [new LlsdReal(x), new LlsdReal(y), new LlsdReal(z)];
}

/** An array of four reals: x, y, z, w. */
export function quaternionFromLlsd(value: LlsdValue): Quaternion | undefined {
  const [x, y, z, w, ...rest] = realsFromLlsd(value) ?? [];
  if (x === undefined || y === undefined || z === undefined || w === undefined || rest.length > 0)
    return undefined;
  return { x, y, z, w };
}

export function quaternionToLlsd({ x, y, z, w }: Quaternion): LlsdValue {
  return [new LlsdReal(x), new LlsdReal(y), new LlsdReal(z), new LlsdReal(w)];
}

/** Finite reals only: these are positions, sizes and colours. */
function realsFromLlsd(value: LlsdValue): number[] | undefined {
  if (!isLlsdArray(value)) return undefined;
  const reals = allOf(value.map(realFromLlsd));
  return reals?.every(Number.isFinite) === true ? reals : undefined;
}

function allOf<T>(values: readonly (T | undefined)[]): T[] | undefined {
  const present = values.filter((value) => value !== undefined);
  return present.length === values.length ? present : undefined;
}

const unsigned64End = 2n ** 64n;
const unsigned32End = 2 ** 32;

/** LLSD has no 64-bit integer: 8 big-endian bytes as binary, or decimal text, or an integer that is not negative. */
export function unsigned64FromLlsd(value: LlsdValue): bigint | undefined {
  if (value instanceof Uint8Array) return value.length === 8 ? viewOf(value).getBigUint64(0) : undefined;
  if (typeof value === 'number') return value >= 0 ? BigInt(value) : undefined;
  if (typeof value !== 'string' || !/^\d{1,20}$/.test(value)) return undefined;
  const number = BigInt(value);
  return number < unsigned64End ? number : undefined;
}

/** Throws a RangeError when the number has more than 64 bits or is negative. */
export function unsigned64ToLlsd(value: bigint): Uint8Array {
  if (value < 0n || value >= unsigned64End) throw new RangeError(`${value} is no unsigned 64-bit integer`);
  const bytes = new Uint8Array(8);
  viewOf(bytes).setBigUint64(0, value);
  return bytes;
}

/** Nor an unsigned 32-bit one: 4 big-endian bytes, decimal text, or the same bits as a signed integer. */
export function unsigned32FromLlsd(value: LlsdValue): number | undefined {
  if (value instanceof Uint8Array) return value.length === 4 ? viewOf(value).getUint32(0) : undefined;
  if (typeof value === 'number') return requireInteger(value) >>> 0;
  if (typeof value !== 'string' || !/^\d{1,10}$/.test(value)) return undefined;
  const number = Number(value);
  return number < unsigned32End ? number : undefined;
}

/** Throws a RangeError when the number has more than 32 bits or is negative. */
export function unsigned32ToLlsd(value: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value >= unsigned32End)
    throw new RangeError(`${value} is no unsigned 32-bit integer`);
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, value);
  return bytes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
