/**
 * Whether simulators still answer. OpenSimulator keeps a region online for ever when its simulator vanished; here every
 * region is asked for its status again and again, and what is found is kept with it for logins and for operators.
 */
import type { Database } from '@gridkeep/storage/database/database';
import { BackgroundLoop } from '@gridkeep/storage/jobs/background-loop';
import { ChangeSignal } from '@gridkeep/storage/jobs/change-signal';
import type { BackgroundWork } from '../background-work.ts';
import { OutboundError } from '../outbound/outbound.ts';
import type { Outbound } from '../outbound/outbound.ts';
import type { ServiceLog } from '../service-log.ts';
import { storableText } from '../text.ts';
import { transact } from '../transactions.ts';
import { claimTask } from '../upkeep/upkeep-store.ts';
import { regionTopic } from './region-map.ts';
import { dueForCheck, writeReachable, writeUnreachable } from './registry-store.ts';
import type { CheckTarget } from './registry-store.ts';

export interface RegionChecksOptions {
  readonly database: Database;
  readonly outbound: Pick<Outbound, 'request'>;
  readonly log: ServiceLog;
  /** Unix milliseconds; for tests. */
  readonly now?: () => number;
}

/** A region is asked again after this. */
const everyMs = 60_000;
/** What has just registered is not kept waiting, but a simulator's many regions are looked at together. */
const newEveryMs = 3000;
/** A simulator that starts or is busy gets this long. */
const answerMs = 5000;
/** A simulator registers its regions before it answers for its status: 404 says nothing until then. */
const startsMs = 120_000;
/** Simulators that are asked at a time. */
const together = 8;
/** A round begins no further calls after this; the rest has its turn in the next. */
const roundMs = 20_000;
const roundMax = 5000;
const replyBytesMax = 4096;

export class RegionChecks implements BackgroundWork {
  readonly name = 'region checks';
  readonly #database: Database;
  readonly #outbound: Pick<Outbound, 'request'>;
  readonly #log: ServiceLog;
  readonly #now: () => number;
  readonly #loop: BackgroundLoop;
  readonly #wake = new ChangeSignal();
  #end: (() => void) | undefined;
  #stopped = false;

  constructor(options: RegionChecksOptions) {
    this.#database = options.database;
    this.#outbound = options.outbound;
    this.#log = options.log;
    this.#now = options.now ?? Date.now;
    this.#loop = new BackgroundLoop({
      step: async () => this.#step(),
      wake: this.#wake,
      report: (error) => this.#log.error({ err: error }, 'regions could not be checked'),
    });
  }

  start(): void {
    this.#end = this.#database.onChange((topic) => {
      if (topic?.startsWith(regionTopic) === true) this.#wake.notify();
    });
    this.#loop.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#end?.();
    await this.#loop.stop();
  }

  /** Milliseconds until the next. One process at a time does a round. */
  async #step(): Promise<number> {
    const now = this.#now();
    const [next] = await dueForCheck(this.#database, now - everyMs, 1);
    if (next === undefined) return everyMs / 4;
    const [task, pauseMs] =
      next.checkedAt === 0 ? ['region-checks-new', newEveryMs] : ['region-checks', everyMs / 4];
    if (await claimTask(this.#database, task, now, now + pauseMs)) await this.checkDue();
    return pauseMs;
  }

  /** Asks every region that is online and was not asked lately; each simulator address once. */
  async checkDue(): Promise<void> {
    const started = this.#now();
    const due = await dueForCheck(this.#database, started - everyMs, roundMax);
    // Those that wait longest come last and are taken first.
    const byAddress = [...Map.groupBy(due, ({ serverUri }) => serverUri).values()].reverse();
    const goesOn = () => !this.#stopped && this.#now() - started < roundMs;
    const worker = async () => {
      for (let next = byAddress.pop(); next !== undefined && goesOn(); next = byAddress.pop())
        await this.#check(next);
    };
    await Promise.all(Array.from({ length: together }, worker));
  }

  /** All regions of one simulator address. */
  async #check(targets: readonly CheckTarget[]): Promise<void> {
    const [first] = targets;
    if (first === undefined) return;
    const starts = targets.some(({ registeredAt }) => this.#now() - registeredAt < startsMs);
    const trouble = await this.#ask(first.serverUri, starts);
    const now = this.#now();
    const changed = targets.filter((target) => target.unreachableSince > 0 !== (trouble !== undefined));
    await transact(this.#database, async (queries) => {
      if (trouble === undefined) await writeReachable(queries, targets, now);
      else for (const target of targets) await writeUnreachable(queries, target, trouble, now);
      for (const { id } of changed) queries.announce(`${regionTopic}${id}`);
    });
    for (const { id, name, serverUri } of changed)
      this.#tell({ regionId: id, region: name, serverUri }, trouble);
  }

  #tell(fields: Readonly<Record<string, unknown>>, trouble: string | undefined): void {
    if (trouble === undefined) this.#log.info(fields, 'the simulator of a region answers again');
    else this.#log.warn({ ...fields, reason: trouble }, 'the simulator of a region cannot be reached');
  }

  /** Undefined when the simulator answers, else a sentence. */
  async #ask(serverUri: string, starts: boolean): Promise<string | undefined> {
    try {
      const { status } = await this.#outbound.request({
        method: 'GET',
        url: `${serverUri}simstatus`,
        timeoutMs: answerMs,
        bytesMax: replyBytesMax,
        to: 'simulator',
      });
      return status === 200 || (starts && status === 404)
        ? undefined
        : `something answers there with status ${status}, but no simulator does`;
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      // The answer of a simulator has few bytes, so this is another program.
      if (error.kind === 'too-large' || error.kind === 'bad-reply')
        return 'something answers there, but no simulator does';
      return storableText(error.message, 200);
    }
  }
}
