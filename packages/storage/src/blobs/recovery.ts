/** Brings the index in line with the packs: at every start, and from nothing when the index is lost. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ByteSource } from './byte-source.ts';
import type { Disk } from './disk.ts';
import type { Damage, OpenReport } from './maintenance.ts';
import { packSuffix, spoolSuffix, type OpenPacks } from './open-packs.ts';
import { isPackName, packHeaderBytes, recordBytes, type PackIdentity } from './pack-format.ts';
import type { PackInfo } from './index-rows.ts';
import { bulkPendingMax, type PackIndex } from './pack-index.ts';
import { readFooter, readPackIdentity, readTrailer, scanPack } from './pack-scan.ts';

interface LocalPack {
  readonly name: string;
  readonly bytes: number;
}

export interface Recovery {
  readonly disk: Disk;
  readonly folder: string;
  readonly packs: OpenPacks;
  readonly index: PackIndex;
  /** Read and check every record instead of trusting footers. */
  readonly deep?: boolean;
  /** Default true: cut a torn write off the newest unsealed pack, so that it can be continued. */
  readonly cutTails?: boolean;
  readonly onPack?: (name: string, bytes: number) => void;
}

type Findings = { -readonly [Key in 'tailsCut' | 'damages']: OpenReport[Key][number][] };

/** Removes what interrupted streams left behind; only at the start, when no stream can be under way. */
export async function removeSpools(disk: Disk, folder: string): Promise<void> {
  for (const file of await readdir(folder)) {
    if (file.endsWith(spoolSuffix)) await disk.remove(join(folder, file));
  }
}

/** The packs in the folder, oldest first. */
async function listLocalPacks(folder: string): Promise<LocalPack[]> {
  const packs: LocalPack[] = [];
  for (const file of await readdir(folder)) {
    if (!file.endsWith(packSuffix)) continue;
    const name = file.slice(0, -packSuffix.length);
    if (isPackName(name)) packs.push({ name, bytes: (await stat(join(folder, file))).size });
  }
  return packs.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Takes over what the folder has beyond the index. Only the newest unsealed pack is ever cut. */
export async function recover(recovery: Recovery): Promise<Findings> {
  const { index, folder } = recovery;
  const findings: Findings = { tailsCut: [], damages: [] };
  const local = await listLocalPacks(folder);
  const present = new Set(local.map(({ name }) => name));
  for (const pack of index.packs()) {
    if (pack.local === present.has(pack.name)) continue;
    pack.local = !pack.local;
    index.packChanged(pack);
  }
  const newest = local.at(-1)?.name;
  for (const { name, bytes } of local) {
    const known = index.packNamed(name);
    if (known === undefined) await takeNewPack(recovery, findings, name, bytes, name === newest);
    else if (known.state === 'sealed' && known.indexedTo > 0) noteSealedSize(index, findings, known, bytes);
    else if (known.state === 'sealed') await takeSealedAgain(recovery, findings, known, bytes);
    else await resumePack(recovery, findings, known, bytes);
    recovery.onPack?.(name, bytes);
    index.flushIfDue(bulkPendingMax);
  }
  closeAllButNewest(index);
  index.flush();
  return findings;
}

function noteSealedSize(index: PackIndex, findings: Findings, pack: PackInfo, bytes: number): void {
  if (bytes === pack.bytes) return;
  if (bytes < pack.bytes) {
    const detail = `${bytes} bytes instead of ${pack.bytes}`;
    findings.damages.push(damage(pack.name, bytes, 'cut', detail, false));
  }
  pack.bytes = bytes;
  index.packChanged(pack);
}

async function takeNewPack(
  recovery: Recovery,
  findings: Findings,
  name: string,
  bytes: number,
  isNewest: boolean,
): Promise<void> {
  const { index, packs, disk } = recovery;
  if (bytes <= packHeaderBytes) {
    // Made just before a crash; no record was ever in it.
    await disk.remove(packs.path(name));
    return;
  }
  const pack = index.addPack(name, 'sealed', { local: true, remote: false });
  const lease = await packs.lease(name, bytes);
  try {
    const isSealed = await takeSealedPack(index, findings, lease, pack, recovery.deep ?? false);
    if (isSealed) return;
  } finally {
    lease.release();
  }
  pack.state = isNewest && (recovery.cutTails ?? true) ? 'open' : 'closed';
  pack.indexedTo = packHeaderBytes;
  await resumePack(recovery, findings, pack, bytes);
}

/** A crash interrupted the taking over of this pack. */
async function takeSealedAgain(
  recovery: Recovery,
  findings: Findings,
  pack: PackInfo,
  bytes: number,
): Promise<void> {
  const lease = await recovery.packs.lease(pack.name, bytes);
  try {
    if (await takeSealedPack(recovery.index, findings, lease, pack, recovery.deep ?? false)) return;
  } finally {
    lease.release();
  }
  pack.state = 'closed';
  pack.indexedTo = packHeaderBytes;
  await resumePack(recovery, findings, pack, bytes);
}

/** Takes over a pack by its footer, or despite a broken one; false when it is not sealed. */
export async function takeSealedPack(
  index: PackIndex,
  findings: Pick<Findings, 'damages'>,
  source: ByteSource,
  pack: PackInfo,
  deep: boolean,
): Promise<boolean> {
  const identity = await readPackIdentity(source, pack.name);
  const trailer = await readTrailer(source, identity);
  if (trailer === undefined) return false;
  pack.bytes = source.size;
  // Stays 0 until everything is taken over, so that a crash in between starts again.
  pack.indexedTo = 0;
  pack.recordBytes = 0;
  pack.tombstones = 0;
  const entries = deep ? undefined : await readFooter(source, identity, trailer);
  if (entries !== undefined) {
    for (const entry of entries) {
      if (entry.kind === 'gap') {
        findings.damages.push(damage(pack.name, entry.offset, 'gap', `${entry.storedLength} bytes`, false));
      } else index.apply(pack, entry);
      index.flushIfDue(bulkPendingMax);
    }
    pack.indexedTo = source.size;
    return true;
  }
  if (!deep) {
    findings.damages.push(damage(pack.name, trailer.footerOffset, 'footer', 'checksum', true));
  }
  await takeRecords(index, findings, source, identity, pack, packHeaderBytes, trailer.footerOffset, false);
  pack.indexedTo = source.size;
  return true;
}

/** Takes over records one by one; returns the end of the last whole one. */
async function takeRecords(
  index: PackIndex,
  findings: Pick<Findings, 'damages'>,
  source: ByteSource,
  identity: PackIdentity,
  pack: PackInfo,
  from: number,
  to: number,
  noteProgress: boolean,
): Promise<number> {
  let end = from;
  let doubtful: Damage[] = [];
  for await (const item of scanPack(source, identity, { from, to, checkPayloads: true })) {
    if (item.type !== 'record') {
      doubtful.push(damage(pack.name, item.offset, 'gap', `${item.bytes} bytes are no record`, false));
      continue;
    }
    if (item.state !== 'whole') {
      const { id, offset } = item.record;
      doubtful.push({
        id,
        pack: pack.name,
        offset,
        reason: 'content',
        detail: item.state,
        recoverable: false,
      });
      continue;
    }
    index.apply(pack, item.record);
    end = item.record.offset + recordBytes(item.record);
    if (noteProgress) pack.indexedTo = end;
    index.flushIfDue(bulkPendingMax);
    findings.damages.push(...doubtful);
    doubtful = [];
  }
  // Behind the last whole record of a sealed or closed pack it is damage, of the open pack a torn write.
  if (pack.state !== 'open') findings.damages.push(...doubtful);
  return end;
}

async function resumePack(
  recovery: Recovery,
  findings: Findings,
  pack: PackInfo,
  bytes: number,
): Promise<void> {
  const { index, packs } = recovery;
  if (bytes < pack.indexedTo) {
    forgetBeyond(index, findings, pack, bytes);
    return;
  }
  if (bytes === pack.indexedTo) return;
  const lease = await packs.lease(pack.name, bytes);
  let end: number;
  try {
    pack.bytes = bytes;
    index.packChanged(pack);
    const identity = await readPackIdentity(lease, pack.name);
    const trailer = await readTrailer(lease, identity);
    const to = trailer?.footerOffset ?? bytes;
    if (trailer !== undefined) pack.state = 'sealed';
    end = await takeRecords(index, findings, lease, identity, pack, pack.indexedTo, to, true);
  } finally {
    lease.release();
  }
  if (pack.state === 'open' && end < bytes) {
    await cutTail(recovery, pack.name, end);
    findings.tailsCut.push({ pack: pack.name, offset: end, bytes: bytes - end });
    pack.bytes = end;
  }
  pack.indexedTo = pack.bytes;
}

async function cutTail({ disk, packs }: Recovery, name: string, end: number): Promise<void> {
  packs.forget(name);
  const file = await disk.open(packs.path(name), 'write');
  try {
    await file.truncate(end);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** The pack lost bytes that the index had seen. Nothing is appended to it any more, so that no place is used twice. */
function forgetBeyond(index: PackIndex, findings: Findings, pack: PackInfo, bytes: number): void {
  const detail = `${bytes} bytes instead of ${pack.indexedTo}`;
  findings.damages.push(damage(pack.name, bytes, 'cut', detail, false));
  pack.bytes = bytes;
  pack.indexedTo = bytes;
  pack.state = 'closed';
  index.packChanged(pack);
}

function closeAllButNewest(index: PackIndex): void {
  const open = [...index.packs()].filter(({ state, local }) => state === 'open' && local);
  open.sort((a, b) => (a.name < b.name ? 1 : -1));
  for (const pack of open.slice(1)) {
    pack.state = 'closed';
    index.packChanged(pack);
  }
}

function damage(
  pack: string,
  offset: number,
  reason: Damage['reason'],
  detail: string,
  recoverable: boolean,
): Damage {
  return { id: undefined, pack, offset, reason, detail, recoverable };
}
