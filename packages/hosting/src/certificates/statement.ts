/**
 * What a certificate states, and the bytes that are signed: JSON with sorted keys and no blanks, so that
 * `jq -jcS .statement` and Python's json.dumps give the same. Values are texts, whole numbers, null, lists and objects only.
 */
import Type from 'typebox';
import { merkleRoot } from './merkle-tree.ts';

export const certificateFormat = 'gridkeep-certificate/1';

const hash = Type.String({ pattern: '^[0-9a-f]{64}$' });
/** UTC, with milliseconds. */
const instant = Type.String({
  pattern: '^(?:[0-9]{4}|\\+[0-9]{6})-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$',
});
const text = Type.String({ maxLength: 1000 });
const orNull = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const closed = { additionalProperties: false };

const restorePointSchema = Type.Object(
  {
    /** Name of the file in the vault's `snapshots/`, which is the SHA-256 of its bytes. */
    snapshot: hash,
    /** Id of the root tree. */
    tree: hash,
    time: instant,
    /** Of the vault's own clock; null: not locked. */
    lockedUntil: orNull(instant),
    pointOf: Type.Array(Type.Union([Type.Literal('day'), Type.Literal('week'), Type.Literal('month')]), {
      maxItems: 3,
    }),
  },
  closed,
);
export type CertifiedPoint = Type.Static<typeof restorePointSchema>;

const lookSchema = Type.Object({ at: instant, ok: Type.Boolean(), summary: text }, closed);
export type CertifiedLook = Type.Static<typeof lookSchema>;

export const statementSchema = Type.Object(
  {
    format: Type.Literal(certificateFormat),
    grid: Type.Object({ id: text, slug: text, name: text }, closed),
    /** Of the grid's zone: 2026-11. */
    month: Type.String({ pattern: '^[0-9]{4}-[0-9]{2}$' }),
    timeZone: text,
    issuedAt: instant,
    /** Id of the repository. */
    repository: hash,
    /** The vault's own time at `issuedAt`: locks go by it. */
    vaultTime: instant,
    retention: Type.Object({ days: Type.Integer(), weeks: Type.Integer(), months: Type.Integer() }, closed),
    targets: Type.Integer({ minimum: 0 }),
    /** Oldest first. */
    restorePoints: Type.Array(restorePointSchema, { maxItems: 100_000 }),
    merkleRoot: hash,
    lastVerify: orNull(lookSchema),
    lastDrill: orNull(lookSchema),
    /** Until when all data was read and checked at least once since it was written before; null: not yet. */
    dataReadSince: orNull(instant),
    /** SHA-256 of the signed bytes of the certificate before this one; null: the first. */
    previous: orNull(hash),
  },
  closed,
);
export type Statement = Type.Static<typeof statementSchema>;

/** The leaf of a restore point: five lines of ASCII, each with its line end. */
function leafOf(point: CertifiedPoint): Buffer {
  return Buffer.from(
    ['gridkeep restore point 1', point.snapshot, point.tree, point.time, point.lockedUntil ?? '-'].join(
      '\n',
    ) + '\n',
    'ascii',
  );
}

export function rootOfPoints(points: readonly CertifiedPoint[]): string {
  return merkleRoot(points.map(leafOf)).toString('hex');
}

/** The bytes that are signed. */
export function canonicalBytes(statement: Statement): Buffer {
  return Buffer.from(canonicalText(statement), 'utf8');
}

function canonicalText(value: unknown): string {
  if (value === null || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isSafeInteger(value)) return JSON.stringify(value);
  if (typeof value === 'string' && value.isWellFormed() && !value.includes('\u007f'))
    return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
    return `{${entries.map(([key, member]) => `${JSON.stringify(key)}:${canonicalText(member)}`).join(',')}}`;
  }
  throw new TypeError('a statement holds only texts, whole numbers, null, lists and objects');
}
