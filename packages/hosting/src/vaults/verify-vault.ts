/** Looks whether a vault is whole, reads its data slice by slice, and puts right what it can. */
import type { StoredSnapshot } from '@gridkeep/vault/format/snapshot';
import { fetchPacks, planPacks } from '@gridkeep/vault/restore/fetch-plan';
import type { Target } from '@gridkeep/vault/target/target';
import { affectedPaths } from '@gridkeep/vault/verify/affected';
import { isInSlice } from '@gridkeep/vault/verify/read-data';
import type { Finding } from '@gridkeep/vault/verify/findings';
import { repair } from '@gridkeep/vault/verify/repair';
import { verify } from '@gridkeep/vault/verify/verify';
import type { DataSlice, VerifyReport } from '@gridkeep/vault/verify/verify';
import type { Uuid } from '@gridkeep/wire/uuid';
import { asJson } from '../json-value.ts';
import { lostThing, usersOfAssets } from '../restores/lost-things.ts';
import { fetching, summaryOf } from '../restores/fetch-first.ts';
import type { FetchSummary } from '../restores/fetch-first.ts';
import { noteLoss } from './heal.ts';
import { keptRun, lockWaitMs, withSharedLock } from './care-context.ts';
import type { CareContext, Looked } from './care-context.ts';
import type { VaultHistory } from './vault-history.ts';
import type { OpenVault } from './vaults.ts';

/** All data is read in so many nights: two fewer than thirty, for nights on which the machine was off. */
export const slicesOfData = 28;
/** More than one slice a night until the oldest is younger than this. */
const sliceAgeMsMax = 27 * 86_400_000;
const findingsListedMax = 100;
const pathsListedMax = 200;

export interface VerifyWish {
  /** What of the data is read besides the structure. */
  readonly data: DataSlice | 'none';
  readonly repair: boolean;
  readonly bytesPerSecond?: number;
  /** Fetches packs of the slice that are on cold storage, and waits; without it they are passed over. */
  readonly fetch?: boolean;
}

/** Something of a snapshot that damage which could not be repaired takes away. */
export interface LostPath {
  readonly snapshot: string;
  /** Unix milliseconds. */
  readonly time: number;
  readonly path: string;
  readonly what: 'file' | 'folder';
  /** What that is to people: the asset, folder, object or region; and which items and objects need it. */
  readonly text: string;
}

export interface VaultVerification {
  /** Nothing is damaged, or not any more. */
  readonly sound: boolean;
  readonly snapshots: number;
  readonly packs: number;
  readonly blobs: number;
  readonly packsRead: number;
  readonly bytesRead: number;
  /** Packs of the slice that were not read because they are on cold storage. */
  readonly cold: FetchSummary | null;
  /** The first 100, those that were repaired among them. */
  readonly findings: readonly Finding[];
  readonly findingCount: number;
  readonly repaired: number;
  /** The first 200. */
  readonly lost: readonly LostPath[];
  /** Of the slices: since when all data has been read at least once; undefined: not all of it yet. */
  readonly allReadSince: number | undefined;
}

export async function verifyVault(
  context: CareContext,
  open: OpenVault,
  wish: VerifyWish,
): Promise<Looked<VaultVerification>> {
  const { slug } = open.record;
  const kind = wish.data === 'none' ? 'verify' : 'verify-data';
  return keptRun(context.vaults.history, slug, kind, context.signal, async () => {
    const startedAt = Date.now();
    const cold = await coldPacks(context, open, wish);
    let report = await withSharedLock(open, context.signal, (signal) => look(context, open, wish, signal));
    let findings = report.findings;
    const damages = findings.filter((one) => one.severity === 'damage').length;
    if (!report.sound && wish.repair) {
      const repaired = await repairVault(context, open, report);
      findings = repaired.findings;
      report = repaired.after;
      if (!report.sound) await noteLoss(context.vaults.history, slug, report);
    }
    const lost = report.sound ? [] : await lostPaths(open, report, context.signal);
    const sound = report.sound;
    const allReadSince =
      wish.data === 'none' || !sound || cold !== null
        ? undefined
        : oldestSlice(await sliceTimes(context.vaults.history, slug, true), { ...wish.data, at: startedAt });
    const repaired = findings.filter((one) => one.repaired !== undefined).length;
    const value: VaultVerification = {
      sound,
      snapshots: report.snapshots,
      packs: report.packs,
      blobs: report.blobs,
      packsRead: report.packsRead,
      bytesRead: report.bytesRead,
      cold,
      findings: findings.slice(0, findingsListedMax),
      findingCount: findings.length + report.more,
      repaired,
      lost,
      allReadSince,
    };
    return {
      value,
      ok: sound,
      summary:
        `${report.snapshots} snapshots, ${report.blobs} blobs in ${report.packs} packs, ` +
        `${wish.data === 'none' ? 'structure' : `${report.packsRead} packs read`}${cold === null ? '' : `, ${cold.packs} not, on cold storage`}: ` +
        (sound
          ? damages === 0
            ? 'sound'
            : `sound after ${repaired} repairs`
          : `DAMAGED, ${lost.length === pathsListedMax ? 'at least ' : ''}${lost.length} paths are lost`),
      report: asJson({ ...value, ...(wish.data === 'none' ? {} : wish.data) }),
    };
  });
}

/** The slices that are to be read now: the one that was read longest ago, and more while others are too old. */
export async function slicesDue(
  history: VaultHistory,
  slug: string,
  atMost: number,
  now = Date.now(),
): Promise<readonly DataSlice[]> {
  const times = await sliceTimes(history, slug, false);
  const order = Array.from({ length: slicesOfData }, (_, slice) => ({
    slice,
    at: times.get(slice) ?? -Infinity,
  }))
    .sort((one, other) => one.at - other.at)
    .slice(0, atMost);
  return order
    .filter(({ at }, index) => index === 0 || now - at > sliceAgeMsMax)
    .map(({ slice }) => ({ slice, of: slicesOfData }));
}

/** When each slice was last read. */
export async function sliceTimes(
  history: VaultHistory,
  slug: string,
  onlySound: boolean,
): Promise<ReadonlyMap<number, number>> {
  const times = new Map<number, number>();
  for (const run of await history.runs(slug, { kind: 'verify-data', limit: 4 * slicesOfData })) {
    const { report } = run;
    if (onlySound && (!run.ok || hasCold(report))) continue;
    if (typeof report !== 'object' || report === null || !('slice' in report) || !('of' in report)) continue;
    if (typeof report.slice !== 'number' || report.of !== slicesOfData || times.has(report.slice)) continue;
    times.set(report.slice, run.startedAt);
  }
  return times;
}

function hasCold(report: unknown): boolean {
  return typeof report === 'object' && report !== null && 'cold' in report && report.cold !== null;
}

/** What of the slice cannot be read now; null when all can, if need be after it was fetched. */
async function coldPacks(
  context: CareContext,
  { repository }: OpenVault,
  { data, fetch }: VerifyWish,
): Promise<FetchSummary | null> {
  if (data === 'none' || repository.target.cold === undefined) return null;
  const index = await repository.loadIndex();
  const { signal } = context;
  const plan = await planPacks(repository, index, (pack) => isInSlice(data, pack), signal);
  if (plan.toFetch === 0) return null;
  if (fetch !== true) return summaryOf(plan, true);
  await fetchPacks(repository, plan, fetching(context, plan.place));
  return null;
}

function oldestSlice(
  times: ReadonlyMap<number, number>,
  now: DataSlice & { readonly at: number },
): number | undefined {
  const all = new Map(times);
  if (now.of === slicesOfData) all.set(now.slice, now.at);
  return all.size < slicesOfData ? undefined : Math.min(...all.values());
}

function look(
  context: CareContext,
  open: OpenVault,
  wish: VerifyWish,
  signal: AbortSignal,
): Promise<VerifyReport> {
  return verify(open.repository, {
    data: wish.data,
    signal,
    ...(wish.bytesPerSecond === undefined ? {} : { bytesPerSecond: wish.bytesPerSecond }),
    progress: ({ stage, done, all, bytes }) =>
      context.progress({
        ...{ done, unit: 'items', message: bytes === 0 ? stage : `${stage}, ${bytes} bytes` },
        ...(all === 0 ? {} : { total: all }),
      }),
  });
}

async function repairVault(context: CareContext, open: OpenVault, report: VerifyReport) {
  const { slug, targets } = open.record;
  const copies: Target[] = [];
  const lock = await open.repository.lock('exclusive', { waitMs: lockWaitMs, signal: context.signal });
  try {
    for (const { name, first } of targets) {
      if (first) continue;
      // A copy that does not answer cannot help; the others may.
      const copy = await context.vaults.openTarget(slug, name).catch(() => undefined);
      if (copy !== undefined) copies.push(copy);
    }
    context.progress({ done: 0, unit: 'steps', message: `repairing ${report.findings.length} findings` });
    const repaired = await repair(open.repository, lock, report, {
      copies,
      signal: context.signal,
    });
    const count = repaired.findings.filter((one) => one.repaired !== undefined).length;
    await context.vaults.history.addEvent(slug, {
      kind: 'repair',
      summary: `${count} of ${repaired.findings.length} findings repaired; ${repaired.after.sound ? 'sound afterwards' : 'still damaged'}`,
      detail: asJson(repaired.findings.slice(0, findingsListedMax)),
    });
    return repaired;
  } finally {
    await lock.release();
    for (const copy of copies) await copy.close();
  }
}

async function lostPaths(
  open: OpenVault,
  report: VerifyReport,
  signal: AbortSignal,
): Promise<readonly LostPath[]> {
  const lost: (LostPath & { readonly asset: Uuid | undefined })[] = [];
  for await (const affected of affectedPaths(open.repository, report, { signal })) {
    const { id, time }: StoredSnapshot = affected.snapshot;
    const { asset, text } = lostThing(affected.path, affected.what);
    lost.push({ snapshot: id, time, path: affected.path.join('/'), what: affected.what, text, asset });
    if (lost.length >= pathsListedMax) break;
  }
  return withUsers(open, lost, signal);
}

/** Looking for who needs the assets reads much of a snapshot: of a few, the newest. */
const snapshotsLookedInto = 3;

async function withUsers(
  { repository }: OpenVault,
  lost: readonly (LostPath & { readonly asset: Uuid | undefined })[],
  signal: AbortSignal,
): Promise<readonly LostPath[]> {
  const users = new Map<string, ReadonlyMap<Uuid, readonly string[]>>();
  const withAssets = Map.groupBy(
    lost.filter(({ asset }) => asset !== undefined),
    ({ snapshot }) => snapshot,
  );
  for (const [snapshot, paths] of [...withAssets].slice(0, snapshotsLookedInto)) {
    const assets = new Set(paths.flatMap(({ asset }) => asset ?? []));
    users.set(
      snapshot,
      await usersOfAssets(repository, await repository.readSnapshot(snapshot), assets, signal),
    );
  }
  return lost.map(({ asset, text, ...path }) => {
    const named = asset === undefined ? undefined : users.get(path.snapshot)?.get(asset);
    return {
      ...path,
      text:
        named === undefined
          ? text
          : `${text}, which ${named.join(' and ')} ${named.length === 1 ? 'needs' : 'need'}`,
    };
  });
}
