/** Landmarks: a place in a region (viewers' lllandmark.cpp; the last two lines are OpenSimulator's). */
import type { Uuid } from '@gridkeep/wire/uuid';
import { tryParseUuid } from '@gridkeep/wire/uuid';

export interface Landmark {
  readonly version: number;
  /** Undefined in version 1, whose position is global. */
  readonly regionId: Uuid | undefined;
  /** Metres in the region, or in the world for version 1. */
  readonly position: readonly [x: number, y: number, z: number];
  /** Decimal u64: the region's south-west corner in metres, x in the upper half. */
  readonly regionHandle: bigint | undefined;
  /** Address of the foreign grid, for a place found by Hypergrid. Written by users: do not fetch. */
  readonly gatekeeper: string | undefined;
}

const linesMax = 64;

function parsePosition(text: string | undefined): readonly [number, number, number] | undefined {
  const [x, y, z] = (text ?? '').trim().split(/\s+/).map(Number);
  if (x === undefined || y === undefined || z === undefined) return undefined;
  return [x, y, z].every(Number.isFinite) ? [x, y, z] : undefined;
}

/** Never throws. A text says which rule is broken. */
export function parseLandmark(bytes: Uint8Array): Landmark | string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  const lines = text.replaceAll('\0', '').split('\n', linesMax);
  const version = /^Landmark version ([12])\s*$/.exec(lines[0] ?? '')?.[1];
  if (version === undefined) return 'not "Landmark version 1" or 2';
  const fields = new Map<string, string>();
  for (const line of lines.slice(1)) {
    const gap = line.trim().indexOf(' ');
    if (gap > 0) fields.set(line.trim().slice(0, gap), line.trim().slice(gap + 1));
  }
  const positionField = version === '1' ? 'position' : 'local_pos';
  const position = parsePosition(fields.get(positionField));
  if (position === undefined) return `no three numbers in "${positionField}"`;
  const regionId = tryParseUuid(fields.get('region_id') ?? '');
  if (version === '2' && regionId === undefined) return 'no id in "region_id"';
  const handle = fields.get('region_handle') ?? '';
  return {
    version: Number(version),
    regionId,
    position,
    regionHandle: /^\d{1,20}$/.test(handle) ? BigInt(handle) : undefined,
    gatekeeper: fields.get('gatekeeper'),
  };
}
