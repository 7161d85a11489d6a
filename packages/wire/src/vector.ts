/**
 * Vectors and rotations as simulators write them in text: `<128, 128, 25.5>`.
 * Components are 32-bit floats there, so they are here: what is read is rounded to one, and what is written
 * is the shortest decimal that reads back as the same one.
 */

export interface Vector3 {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

export interface Quaternion {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly w: number;
}

export const zeroVector: Vector3 = { x: 0, y: 0, z: 0 };
export const identityRotation: Quaternion = { x: 0, y: 0, z: 0, w: 1 };

/** UTF-16 units; four floats with every digit they can have are under 200. */
const textLengthMax = 256;
const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** A finite 32-bit float from decimal text, or undefined. */
export function tryParseFloat32(text: string): number | undefined {
  if (text.length > textLengthMax || !number.test(text)) return undefined;
  const value = Math.fround(Number(text));
  return Number.isFinite(value) ? value : undefined;
}

/** The shortest decimal that reads back as the same 32-bit float. Throws a RangeError when it is not finite. */
export function formatFloat32(value: number): string {
  const single = Math.fround(value);
  if (!Number.isFinite(single)) throw new RangeError(`${value} is not a finite 32-bit float`);
  for (let digits = 1; digits < 9; digits++) {
    const shorter = Number(single.toPrecision(digits));
    if (Math.fround(shorter) === single) return String(shorter);
  }
  return String(Number(single.toPrecision(9)));
}

/** `<x, y, z>`, spaces optional; undefined when it is anything else or a component is not finite. */
export function tryParseVector3(text: string): Vector3 | undefined {
  const [x, y, z, ...rest] = components(text);
  if (x === undefined || y === undefined || z === undefined || rest.length > 0) return undefined;
  return { x, y, z };
}

/** As `tryParseVector3`, but throws a RangeError that shows the (cut) text. */
export function parseVector3(text: string): Vector3 {
  const vector = tryParseVector3(text);
  if (vector === undefined) throw new RangeError(`not a vector: ${JSON.stringify(text.slice(0, 60))}`);
  return vector;
}

/** `<x, y, z, w>`, spaces optional; undefined when it is anything else or a component is not finite. */
export function tryParseQuaternion(text: string): Quaternion | undefined {
  const [x, y, z, w, ...rest] = components(text);
  if (x === undefined || y === undefined || z === undefined || w === undefined || rest.length > 0)
    return undefined;
  return { x, y, z, w };
}

/** As `tryParseQuaternion`, but throws a RangeError that shows the (cut) text. */
export function parseQuaternion(text: string): Quaternion {
  const rotation = tryParseQuaternion(text);
  if (rotation === undefined) throw new RangeError(`not a rotation: ${JSON.stringify(text.slice(0, 60))}`);
  return rotation;
}

export function formatVector3({ x, y, z }: Vector3): string {
  return `<${formatFloat32(x)}, ${formatFloat32(y)}, ${formatFloat32(z)}>`;
}

export function formatQuaternion({ x, y, z, w }: Quaternion): string {
  return `<${formatFloat32(x)}, ${formatFloat32(y)}, ${formatFloat32(z)}, ${formatFloat32(w)}>`;
}

function components(text: string): (number | undefined)[] {
  if (text.length > textLengthMax) return [];
  const trimmed = text.trim();
  if (!trimmed.startsWith('<') || !trimmed.endsWith('>')) return [];
  return trimmed
    .slice(1, -1)
    .split(',')
    .map((part) => tryParseFloat32(part.trim()));
}
