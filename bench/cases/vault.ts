import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gridkeep } from '../gridkeep-process.ts';
import type { BenchCase, Measurement } from '../measurement.ts';
import { rate } from '../measurement.ts';
import { withScratch } from '../scratch.ts';
import { addAssets, makeAssetGrid, smallAssets, type AssetGrid } from '../vault/asset-grid.ts';
import { coldDisk, megabytes, removeTree, storedBytes } from '../vault/disk.ts';
import { makeOurs, type OurVault } from '../vault/ours.ts';
import { makeBorg, makeRestic, type Peer } from '../vault/peers.ts';
import type { Ran } from '../watched-process.ts';
import { WorldAssets, type WorldAsset } from '../world/assets.ts';
import { writeWorldOar } from '../world/world-oar.ts';

const storeBytes = Number(process.env['BENCH_VAULT_GB'] ?? '10') * 1e9;
const manyAssets = Number(process.env['BENCH_VAULT_ASSETS'] ?? '1000000');
const newAssets = Number(process.env['BENCH_VAULT_NEW'] ?? '1000');
const oarBytes = Number(process.env['BENCH_VAULT_OAR_MB'] ?? '40') * 1e6;
const oarDays = Number(process.env['BENCH_VAULT_DAYS'] ?? '30');
/** Parts of the case: any of a (and d), b, c. */
const parts = process.env['BENCH_VAULT_PARTS'] ?? 'abc';
const memoryGoal = 'below 300 MB';
const runningNights = 5;

const vault: BenchCase = {
  title: 'backups and restores against restic and borg on the same contents',
  run: async () => {
    const rows: Measurement[] = [];
    let memory = 0;
    const watched = async (run: Promise<Ran>): Promise<Ran> => {
      const ran = await run;
      memory = Math.max(memory, ran.memory);
      return ran;
    };
    if (parts.includes('a')) rows.push(...(await withScratch((folder) => store(folder, watched))));
    if (parts.includes('b')) rows.push(...(await withScratch((folder) => nights(folder, watched))));
    if (parts.includes('c')) rows.push(...(await withScratch((folder) => archives(folder, watched))));
    rows.push({ what: 'largest resident set of Gridkeep', figure: megabytes(memory), goal: memoryGoal });
    return rows;
  },
};

type Watch = (run: Promise<Ran>) => Promise<Ran>;

/** The first backup of a store of assets, and restoring all of it. */
async function store(folder: string, watched: Watch): Promise<readonly Measurement[]> {
  const grid = await makeAssetGrid(folder, 'store');
  const { assets, bytes } = await addAssets(grid, worldAssets(storeBytes), 600);
  said(`${assets} assets, ${megabytes(bytes)}`);
  const ours = makeOurs(folder, 'store', grid.data);
  await coldDisk();
  const backup = await watched(ours.backup());
  said(`our backup: ${backup.seconds.toFixed(1)} s`);
  // Room for the others.
  await removeTree(join(grid.data, 'blobs'));
  const restic = await makeRestic(folder, 'store');
  const borg = await makeBorg(folder, 'store');
  const peers = [];
  for (const peer of [restic, borg]) {
    await coldDisk();
    peers.push({ peer, ran: await peer.backup(grid.tree), stored: await storedBytes(peer.repository) });
    said(`backup of ${peer.name}`);
  }
  await removeTree(grid.tree);
  const stored = await storedBytes(ours.repository);
  const what = `first backup of ${assets} assets, ${megabytes(bytes)} of different contents`;
  const rows: Measurement[] = peers.flatMap((other) => [
    {
      what,
      figure: ranText(bytes, backup),
      peer: `${ranText(bytes, other.ran)}, ${other.peer.name}`,
      ratio: other.ran.seconds / backup.seconds,
      ...(other.peer === restic ? { goal: '≥ 1' } : {}),
    },
    {
      what: 'stored size of it',
      figure: megabytes(stored),
      peer: `${megabytes(other.stored)}, ${other.peer.name}`,
      ratio: other.stored / stored,
      ...(other.peer === restic ? { goal: '≥ 1' } : {}),
    },
  ]);
  const restored = await timedRestore(folder, (into) => watched(ours.restore(into)));
  for (const peer of [restic, borg]) {
    const other = await timedRestore(folder, (into) => peer.restore(into));
    rows.push({
      what: 'restore of it into a folder',
      figure: ranText(bytes, restored),
      peer: `${ranText(bytes, other)}, ${peer.name}`,
      ratio: other.seconds / restored.seconds,
      ...(peer === restic ? { goal: '≥ 1' } : {}),
    });
  }
  return rows;
}

async function timedRestore(folder: string, restore: (into: string) => Promise<Ran>): Promise<Ran> {
  const into = join(folder, 'restored');
  await coldDisk();
  const ran = await restore(into);
  said(`restore: ${ran.seconds.toFixed(1)} s`);
  await removeTree(into);
  return ran;
}

/** Nightly backups of few new assets, with a tenth of the assets there and with all. */
async function nights(folder: string, watched: Watch): Promise<readonly Measurement[]> {
  const grid = await makeAssetGrid(folder, 'nights');
  const ours = makeOurs(folder, 'nights', grid.data);
  const restic = await makeRestic(folder, 'nights');
  const tenth = Math.round(manyAssets / 10);
  const few = await night(grid, ours, restic, 0, tenth, watched);
  const many = await night(grid, ours, restic, tenth + newAssets, manyAssets, watched);
  const row = ({ assets, running, theirs }: Night): Measurement => ({
    what: `nightly backup, ${assets} assets and 1000 new, as a job of a running server (median of ${runningNights})`,
    figure: `${running.toFixed(2)} s`,
    peer: `${theirs.seconds.toFixed(1)} s, restic`,
    ratio: theirs.seconds / running,
    goal: '≥ 50',
  });
  const startedRow = ({ assets, mine, theirs }: Night): Measurement => ({
    what: `the same, ${assets} assets and ${newAssets} new, in a process started for it`,
    figure: `${mine.seconds.toFixed(2)} s, ${megabytes(mine.memory)} resident`,
    peer: `${theirs.seconds.toFixed(1)} s, ${megabytes(theirs.memory)} resident, restic`,
    ratio: theirs.seconds / mine.seconds,
  });
  return [
    row(few),
    startedRow(few),
    row(many),
    startedRow(many),
    {
      what: 'the same with ten times as many assets there',
      figure: `${(many.running / few.running).toFixed(2)} times as long`,
      peer: `${(many.theirs.seconds / few.theirs.seconds).toFixed(2)} times, restic`,
      goal: 'flat',
    },
  ];
}

interface Night {
  readonly assets: number;
  readonly mine: Ran;
  /** Seconds, in a process that runs on. */
  readonly running: number;
  readonly theirs: Ran;
}

/** Fills up to so many assets, backs them up, adds the new ones, and measures. */
async function night(
  grid: AssetGrid,
  ours: OurVault,
  restic: Peer,
  from: number,
  to: number,
  watched: Watch,
): Promise<Night> {
  await addAssets(grid, smallAssets(23, from, to), 600);
  said(`${to} assets`);
  const first = await watched(ours.backup());
  said(`our backup before: ${first.seconds.toFixed(1)} s`);
  const other = await restic.backup(grid.tree);
  said(`that of restic: ${other.seconds.toFixed(1)} s`);
  await addAssets(grid, smallAssets(23, to, to + newAssets), 1);
  await coldDisk();
  const mine = await watched(ours.backup());
  await coldDisk();
  const theirs = await restic.backup(grid.tree);
  said(`the night: ${mine.seconds.toFixed(2)} s and ${theirs.seconds.toFixed(1)} s`);
  const running = (await ours.nightsOn(runningNights)).toSorted((a, b) => a - b)[runningNights >> 1] ?? NaN;
  return { assets: to, mine, running, theirs };
}

/** A region that changes a little every day: in the vault, and as the archives that others make of it. */
async function archives(folder: string, watched: Watch): Promise<readonly Measurement[]> {
  const data = join(folder, 'data');
  const saved = join(folder, 'archives');
  await mkdir(saved);
  await gridkeep(['grid', 'create', 'bench', '--data', data]);
  const password = 'a long password\n';
  await gridkeep(['resident', 'create', 'Olive Owner', '--password-stdin', '--data', data], password);
  await gridkeep(['region', 'create', 'Measured', '--owner', 'Olive Owner', '--data', data]);
  const ours = makeOurs(folder, 'archives', data);
  const restic = await makeRestic(folder, 'archives');
  const mine: number[] = [];
  const theirs: number[] = [];
  let [ourSeconds, theirSeconds, archiveBytes] = [0, 0, 0];
  for (let day = 0; day < oarDays; day += 1) {
    const path = join(saved, `measured-${String(day).padStart(2, '0')}.oar`);
    archiveBytes += (await writeWorldOar(path, { assetBytes: oarBytes, day })).bytes;
    await gridkeep(['region', 'load', 'Measured', path, '--yes', '--data', data]);
    ourSeconds += (await watched(ours.backup())).seconds;
    theirSeconds += (await restic.backup(saved)).seconds;
    mine.push(await storedBytes(ours.repository));
    theirs.push(await storedBytes(restic.repository));
  }
  const grown = (sizes: readonly number[]): number => (sizes.at(-1) ?? 0) - (sizes[0] ?? 0);
  const what = `${oarDays} days of a region, 1 % change a day, ${megabytes(archiveBytes)} of archives`;
  return [
    {
      what: `${what}: stored`,
      figure: megabytes(mine.at(-1) ?? 0),
      peer: `${megabytes(theirs.at(-1) ?? 0)}, restic with the .oar files`,
      ratio: (theirs.at(-1) ?? 0) / (mine.at(-1) ?? 1),
      goal: '≥ 10',
    },
    {
      what: 'of that after the first day',
      figure: megabytes(grown(mine)),
      peer: `${megabytes(grown(theirs))}, restic`,
      ratio: grown(theirs) / grown(mine),
    },
    {
      what: 'all backups of these days',
      figure: `${ourSeconds.toFixed(1)} s`,
      peer: `${theirSeconds.toFixed(1)} s, restic`,
      ratio: theirSeconds / ourSeconds,
    },
  ];
}

function* worldAssets(bytesWanted: number): Generator<WorldAsset> {
  const world = new WorldAssets(21);
  let bytes = 0;
  for (let index = 0; bytes < bytesWanted; index += 1) {
    const asset = world.at(index);
    bytes += asset.bytes.length;
    yield asset;
  }
}

function ranText(bytes: number, ran: Ran): string {
  return `${ran.seconds.toFixed(1)} s, ${rate(bytes, ran.seconds)}, ${megabytes(ran.memory)} resident`;
}

/** A long case shows that it lives. */
function said(text: string): void {
  if (process.env['BENCH_VERBOSE'] !== undefined) console.error(`    (${text})`);
}

export default vault;
