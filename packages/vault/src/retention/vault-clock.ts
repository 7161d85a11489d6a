/**
 * The vault's own time. Deletion goes by it, so nobody may hurry it: it advances only by what the machine's wall clock and its
 * monotonic clock both saw pass since the last sample. A clock set forward gains nothing, one set back loses one interval, and
 * time in which nobody looked (machine off, vault elsewhere) is not counted: that only delays deletion. See
 * docs/decisions/retention-lock.md.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import type { StoredSnapshot } from '../format/snapshot.ts';
import { RepositoryDamagedError } from '../repository/repository-errors.ts';
import { newestTimes } from './restore-points.ts';
import type { VaultTime } from './vault-time.ts';

export interface Clocks {
  /** Unix milliseconds, as the machine tells it. */
  wall(): number;
  /** Milliseconds that passed on a clock nobody can set. Comparable only under the same id. */
  boot(): BootTime;
}

export interface BootTime {
  readonly id: string;
  readonly ms: number;
}

/** Where one boot of one machine was when it was last looked at. */
interface Anchor {
  readonly boot: string;
  readonly bootMs: number;
  readonly wall: number;
  readonly vault: number;
  readonly atMost: number;
}

/** Most recently sampled first. Never empty. */
export type ClockState = readonly [Anchor, ...Anchor[]];

/** Machines that take turns on one vault; more only lose an interval at each turn. */
const anchorsMax = 16;
const stateBytesMax = 64 * 1024;
const stateName = 'clock';
const stateKind = 'gridkeep vault clock';
/** A state this close to the truth need not be written: within one boot nothing is lost by it. */
const saveAfter = 10 * 60_000;

export function beginClock(
  start: Pick<VaultTime, 'now' | 'atMost'>,
  wall: number,
  boot: BootTime,
): ClockState {
  return [{ boot: boot.id, bootMs: boot.ms, wall, vault: start.now, atMost: start.atMost }];
}

/**
 * Every anchor holds a vault time that was right or late when it was set, and only the time since then is added to it: so by
 * induction the clock is never ahead, whoever samples, how often, on how many machines, or from an old copy of the state.
 */
export function advanceClock(state: ClockState, wall: number, boot: BootTime): ClockState {
  const own = state.find((anchor) => anchor.boot === boot.id);
  const passed = own === undefined ? undefined : Math.max(0, boot.ms - own.bootMs);
  let vault = Math.max(...state.map((anchor) => anchor.vault));
  let atMost = Math.max(...state.map((anchor) => anchor.atMost));
  if (own !== undefined && passed !== undefined) {
    vault = Math.max(vault, own.vault + Math.max(0, Math.min(passed, wall - own.wall)));
    atMost = Math.max(atMost, own.atMost + passed);
  } else {
    atMost += Math.max(0, wall - state[0].wall);
  }
  const others = state.filter((anchor) => anchor.boot !== boot.id).slice(0, anchorsMax - 1);
  const anchor = {
    boot: boot.id,
    bootMs: boot.ms,
    wall,
    vault: Math.floor(vault),
    atMost: Math.floor(atMost),
  };
  return [anchor, ...others];
}

/** What the clock needs of a repository. */
export interface ClockHome {
  readonly id: string;
  readState(name: string): Promise<Buffer | undefined>;
  writeState(name: string, plain: Uint8Array): Promise<void>;
  listSnapshots(): Promise<readonly StoredSnapshot[]>;
}

/** Keeps the vault's time in the repository, sealed, as the state file `clock`. */
export class VaultClock {
  readonly #home: ClockHome;
  readonly #clocks: Clocks;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(home: ClockHome, clocks: Clocks = machineClocks) {
    this.#home = home;
    this.#clocks = clocks;
  }

  /**
   * The vault's time now. To be called by whoever is up, some times an hour: what passes between the last sample and a restart
   * of the machine is not counted. Throws TargetError.
   */
  sample(): Promise<VaultTime> {
    const result = this.#turn.then(() => this.#sample());
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #sample(): Promise<VaultTime> {
    const stored = await this.#load();
    const wall = this.#clocks.wall();
    const boot = this.#clocks.boot();
    let next: ClockState;
    if (stored === undefined) {
      // Lost or spoilt: restore points carry the time at which they were made, sealed like everything.
      const newest = newestTimes(await this.#home.listSnapshots());
      next = beginClock(newest ?? { now: wall, atMost: wall }, wall, boot);
    } else {
      next = advanceClock(stored, wall, boot);
    }
    const before = stored?.[0];
    const after = next[0];
    if (
      before === undefined ||
      before.boot !== after.boot ||
      Math.abs(after.vault - before.vault) >= saveAfter ||
      // A wall clock that was set: from here on the interval counts again.
      Math.abs(after.wall - before.wall - (after.bootMs - before.bootMs)) >= 1000
    )
      await this.#home.writeState(stateName, writeClockState(next, this.#home.id));
    return { now: after.vault, atMost: after.atMost, lag: after.wall - after.vault };
  }

  async #load(): Promise<ClockState | undefined> {
    try {
      const plain = await this.#home.readState(stateName);
      if (plain === undefined || plain.length > stateBytesMax) return undefined;
      return parseClockState(plain.toString(), this.#home.id);
    } catch (error) {
      if (error instanceof RepositoryDamagedError || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }
}

function writeClockState(anchors: ClockState, repository: string): Buffer {
  return Buffer.from(JSON.stringify({ kind: stateKind, repository, anchors }));
}

/** undefined: not a clock state of this repository. Sealing does not say what a file is, so the document does. */
function parseClockState(json: string, repository: string): ClockState | undefined {
  const document: unknown = JSON.parse(json);
  if (typeof document !== 'object' || document === null) return undefined;
  if (!('kind' in document) || document.kind !== stateKind) return undefined;
  if (!('repository' in document) || document.repository !== repository) return undefined;
  if (!('anchors' in document) || !Array.isArray(document.anchors)) return undefined;
  const anchors: Anchor[] = [];
  for (const value of document.anchors.slice(0, anchorsMax)) {
    const anchor = parseAnchor(value);
    if (anchor === undefined) return undefined;
    anchors.push(anchor);
  }
  const [first, ...others] = anchors;
  return first === undefined ? undefined : [first, ...others];
}

function parseAnchor(value: unknown): Anchor | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('boot' in value && 'bootMs' in value && 'wall' in value && 'vault' in value && 'atMost' in value))
    return undefined;
  const { boot, bootMs, wall, vault, atMost } = value;
  if (typeof boot !== 'string' || typeof bootMs !== 'number') return undefined;
  if (typeof wall !== 'number' || typeof vault !== 'number' || typeof atMost !== 'number') return undefined;
  if (![bootMs, wall, vault, atMost].every(Number.isFinite)) return undefined;
  return { boot, bootMs, wall, vault, atMost };
}

let boot: string | undefined;

/**
 * Linux: CLOCK_MONOTONIC, which runs since boot and which containers share, under the kernel's boot id; a time namespace may
 * shift it and so counts as another machine. /proc/uptime is not used: LXCFS shows containers their own there. Elsewhere the
 * clock counts from the start of the process only.
 */
export const machineClocks: Clocks = {
  wall: () => Date.now(),
  boot() {
    boot ??= bootId();
    return { id: boot, ms: Number(process.hrtime.bigint() / 1_000_000n) };
  },
};

function bootId(): string {
  try {
    const kernel = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    if (kernel === '') return randomUUID();
    return `${kernel} ${timeNamespace()}`;
  } catch {
    return randomUUID();
  }
}

function timeNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/time');
  } catch {
    // Kernels before 5.6 have none.
    return 'time:none';
  }
}
