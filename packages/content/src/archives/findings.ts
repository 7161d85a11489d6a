/** What a reader of archives has to say: findings by rule, kept short however many there are. */
import type { Uuid } from '@gridkeep/wire/uuid';
import { detachedText, detachedUuid } from './detached.ts';

/** The rules of a validator of archives; README.md says what each means. */
export type RuleCode =
  | 'C1' // gzip and tar well formed
  | 'C2' // control file
  | 'C3' // links, devices, unsafe paths
  | 'C4' // caps
  | 'C5' // order of an IAR, stray entries
  | 'R1' // a region's files are there
  | 'R2' // sizes of a region's files
  | 'R3' // telehub
  | 'O1' // objects parse
  | 'O2' // links of an object
  | 'O3' // numbers of an object
  | 'O4' // payloads that are never trusted
  | 'A1' // asset names and identity
  | 'A2' // declared and sniffed type
  | 'A3' // soundness of an asset
  | 'A4' // missing, certain
  | 'A5' // missing, uncertain
  | 'A6' // unreferenced
  | 'I1'; // inventory

export type Severity = 'error' | 'warning' | 'info';

export interface Finding {
  readonly rule: RuleCode;
  readonly severity: Severity;
  /** The entry's name as the archive has it (cut to 300 characters); absent when it is about the whole archive. */
  readonly entry?: string;
  /** Where the entry's tar header starts, in bytes of the uncompressed stream. */
  readonly offset?: number;
  /** Plain English, naming the field and the rule broken. */
  readonly message: string;
  /** Assets, objects, items this is about. */
  readonly ids?: readonly Uuid[];
  /** True when the entry, or what it holds, is not used. */
  readonly entryRefused?: boolean;
}

/** Nothing of the archive may be used. */
export class ArchiveRefusedError extends Error {
  override readonly name = 'ArchiveRefusedError';
  readonly rule: RuleCode;
  readonly entry: string | undefined;
  readonly offset: number | undefined;
  readonly detail: string;
  constructor(
    rule: RuleCode,
    detail: string,
    where: { entry?: string | undefined; offset?: number | undefined } = {},
  ) {
    const entry = where.entry === undefined ? undefined : cutName(where.entry);
    const at = where.offset === undefined ? '' : ` at byte ${where.offset}`;
    super(
      entry === undefined
        ? `${rule}${at}: ${detail}`
        : `${rule}: entry ${JSON.stringify(entry)}${at}: ${detail}`,
    );
    this.rule = rule;
    this.entry = entry;
    this.offset = where.offset;
    this.detail = detail;
  }
}

/** Names are up to 4 KiB; a report shows their start. */
export function cutName(name: string): string {
  return name.length <= 300 ? name : `${name.slice(0, 299)}…`;
}

export type ReportFinding = (finding: Finding) => void;

/** Messages quote documents, and a quote would keep its document in memory. */
function detached({ message, entry, ids, ...rest }: Finding): Finding {
  return {
    ...rest,
    ...(entry !== undefined && { entry: detachedText(cutName(entry)) }),
    message: detachedText(message),
    ...(ids && { ids: ids.map(detachedUuid) }),
  };
}

export interface FindingCount {
  readonly rule: RuleCode;
  readonly severity: Severity;
  readonly count: number;
}

/** Keeps exact counts and the first findings of each rule and severity. */
export class FindingLog {
  readonly #perRuleMax: number;
  readonly #kept: Finding[] = [];
  readonly #counts = new Map<string, { rule: RuleCode; severity: Severity; count: number }>();
  #entriesRefused = 0;

  constructor(perRuleMax = 50) {
    this.#perRuleMax = perRuleMax;
  }

  readonly report: ReportFinding = (finding) => {
    const key = `${finding.rule} ${finding.severity}`;
    let counted = this.#counts.get(key);
    if (counted === undefined) {
      counted = { rule: finding.rule, severity: finding.severity, count: 0 };
      this.#counts.set(key, counted);
    }
    counted.count += 1;
    if (finding.entryRefused === true) this.#entriesRefused += 1;
    if (counted.count <= this.#perRuleMax) this.#kept.push(detached(finding));
  };

  /** The first of each rule and severity, in the order they came. */
  get kept(): readonly Finding[] {
    return this.#kept;
  }

  get counts(): readonly FindingCount[] {
    return [...this.#counts.values()].map((count) => ({ ...count }));
  }

  /** How often an entry, or what it held, was not used. */
  get entriesRefused(): number {
    return this.#entriesRefused;
  }

  count(severity: Severity): number {
    let sum = 0;
    for (const counted of this.#counts.values()) if (counted.severity === severity) sum += counted.count;
    return sum;
  }
}
