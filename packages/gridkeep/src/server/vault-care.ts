/** Keeps the schedules of vaults in step with the grids, asks for what is due, and looks at the vaults' clocks. */
import { createHash } from 'node:crypto';
import { VaultClock } from '@gridkeep/vault/retention/vault-clock';
import { JobScheduler } from '@gridkeep/storage/jobs/job-scheduler';
import { JobSchedules } from '@gridkeep/storage/jobs/schedules';
import type { NewSchedule } from '@gridkeep/storage/jobs/schedules';
import { asError } from '../as-error.ts';
import type { Installation } from '../installation/installation.ts';
import {
  backupCertificateKind,
  backupCopyKind,
  backupNightKind,
  nightBytesPerSecond,
} from '../jobs/vault-job-inputs.ts';
import type { Logger } from '../logging/logger.ts';

/** A vault's own time counts what passes between two looks. */
const clockEveryMs = 15 * 60_000;
/** Another process may have changed a target. */
const syncEveryMs = 5 * 60_000;
const prefix = 'vault: ';
const certificateHour = 7;

export class VaultCare {
  readonly #installation: Installation;
  readonly #log: Logger;
  readonly #schedules: JobSchedules;
  readonly #scheduler: JobScheduler;
  readonly #timers: NodeJS.Timeout[] = [];
  #stopListening: (() => void) | undefined;
  #work: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(installation: Installation, log: Logger) {
    this.#installation = installation;
    this.#log = log;
    this.#schedules = new JobSchedules(installation.jobs);
    this.#scheduler = new JobScheduler({
      schedules: this.#schedules,
      report: (error) => log.error({ err: asError(error) }, 'a schedule could not be run'),
    });
  }

  start(): void {
    const sync = (): void => this.#do('schedules of vaults', () => this.#sync());
    const look = (): void => this.#do('clocks of vaults', () => this.#lookAtClocks());
    this.#stopListening = this.#installation.host.onChange((topic) => {
      if (topic === undefined || topic === 'grids' || topic === 'vaults') sync();
    });
    sync();
    look();
    this.#timers.push(setInterval(sync, syncEveryMs), setInterval(look, clockEveryMs));
    this.#scheduler.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopListening?.();
    for (const timer of this.#timers) clearInterval(timer);
    await this.#scheduler.stop();
    await this.#work;
  }

  /** One piece of work after the other. */
  #do(what: string, work: () => Promise<void>): void {
    this.#work = this.#work.then(async () => {
      if (this.#stopped) return;
      try {
        await work();
      } catch (error) {
        this.#log.error({ err: asError(error) }, `${what} failed`);
      }
    });
  }

  async #sync(): Promise<void> {
    const wanted = await this.#wanted();
    const names = new Set(wanted.map(({ name }) => name));
    for (const schedule of wanted) {
      const { name } = schedule;
      try {
        await this.#schedules.set(schedule);
      } catch (error) {
        this.#log.error({ err: asError(error), schedule: name }, 'a schedule is not possible');
      }
    }
    for (const { name } of await this.#schedules.list())
      if (name.startsWith(prefix) && !names.has(name)) await this.#schedules.remove(name);
  }

  async #wanted(): Promise<readonly NewSchedule[]> {
    const { tenants, vaults, configuration } = this.#installation;
    const wanted: NewSchedule[] = [];
    for (const { slug, timeZone } of await tenants.readAll()) {
      const minute = minuteOf(slug);
      const common = { grid: slug, timeZone };
      if (configuration.backupTime !== 'off')
        wanted.push({
          ...common,
          name: nightName(slug),
          cron: nightCron(configuration.backupTime, minute),
          kind: backupNightKind,
          input: { bytesPerSecond: nightBytesPerSecond },
        });
      const record = await vaults.find(slug);
      if (record === undefined || record.erasedAt !== undefined) continue;
      wanted.push({
        ...common,
        name: `${prefix}certificate of ${slug}`,
        cron: `${minute} ${certificateHour} 1 * *`,
        kind: backupCertificateKind,
        input: {},
      });
      for (const { name, first, cron } of record.targets)
        if (!first)
          wanted.push({
            ...common,
            name: `${prefix}copy of ${slug} to ${name}`,
            cron,
            kind: backupCopyKind,
            input: { target: name, bytesPerSecond: null },
          });
    }
    return wanted;
  }

  async #lookAtClocks(): Promise<void> {
    const { vaults, tenants } = this.#installation;
    for (const { slug } of await tenants.readAll()) {
      const record = await vaults.find(slug);
      if (this.#stopped || record === undefined || record.erasedAt !== undefined) continue;
      if (!vaults.isUnlocked(record)) continue;
      try {
        const open = await vaults.open(slug);
        try {
          await new VaultClock(open.repository).sample();
        } finally {
          await open.close();
        }
      } catch (error) {
        this.#log.warn({ err: asError(error), grid: slug }, 'the vault does not answer');
      }
    }
  }
}

/** Of the schedule. */
export function nightName(slug: string): string {
  return `${prefix}night of ${slug}`;
}

/** The time of day, spread over the hour that follows it. */
export function nightCron(time: string, offsetMinutes: number): string {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  const at = hours * 60 + minutes + offsetMinutes;
  return `${at % 60} ${Math.floor(at / 60) % 24} * * *`;
}

/** 0 to 59, always the same for a grid. */
export function minuteOf(slug: string): number {
  return createHash('sha256').update(slug).digest().readUInt32BE(0) % 60;
}
