/** After the last entry: which references the archive leaves open, and what the grid has already. */
import type { Uuid } from '@gridkeep/wire/uuid';
import type { ReportFinding } from './findings.ts';
import type { MissingAsset, ReferencesReport } from './inspection-report.ts';
import type { AssetNode, ReferenceGraph, Want } from './reference-graph.ts';

/** Which of these ids the grid has; at most `idsPerQuestion` at a time. */
export type KnownAssets = (ids: readonly Uuid[]) => Promise<ReadonlySet<Uuid>>;

const idsPerQuestion = 1000;
const missingListed = 1000;
const unreferencedListed = 1000;

export interface Resolution {
  readonly references: ReferencesReport;
  readonly knownToGrid: number | undefined;
}

/** Told of every asset that nothing in the archive names, some at a time. */
export type UnreferencedListener = (ids: readonly Uuid[]) => Promise<void>;

export interface ResolveOptions {
  readonly known: KnownAssets | undefined;
  readonly onUnreferenced: UnreferencedListener | undefined;
  readonly find: ReportFinding;
  readonly isBuiltIn: (id: Uuid) => boolean;
  /** The archive was saved without assets on purpose: what is missing is no error. */
  readonly withoutAssets: boolean;
}

export async function resolveReferences(graph: ReferenceGraph, options: ResolveOptions): Promise<Resolution> {
  const tally = new Tally(graph, options);
  const batch: AssetNode[] = [];
  for (const node of graph.nodes()) {
    const isWanted = node.content === undefined && (node.certain > 0 || node.damaged);
    if (node.content === undefined && !isWanted) {
      if (!options.isBuiltIn(node.id)) tally.uncertain += 1;
      continue;
    }
    batch.push(node);
    if (batch.length >= idsPerQuestion) await tally.take(batch.splice(0));
  }
  await tally.take(batch);
  return tally.result();
}

class Tally {
  uncertain = 0;
  readonly #graph: ReferenceGraph;
  readonly #options: ResolveOptions;
  readonly #missingList: MissingAsset[] = [];
  readonly #unreferencedList: Uuid[] = [];
  #missing = 0;
  #satisfiedByGrid = 0;
  #unreferenced = 0;
  #knownToGrid = 0;

  constructor(graph: ReferenceGraph, options: ResolveOptions) {
    this.#graph = graph;
    this.#options = options;
  }

  async take(nodes: readonly AssetNode[]): Promise<void> {
    if (nodes.length === 0) return;
    const known = await this.#options.known?.(nodes.map((node) => node.id));
    const unreferenced: Uuid[] = [];
    for (const node of nodes) {
      const isKnown = known?.has(node.id) ?? false;
      if (node.content === undefined) this.#absent(node, isKnown);
      else {
        if (isKnown) this.#knownToGrid += 1;
        if (node.certain === 0 && !node.uncertain) unreferenced.push(node.id);
      }
    }
    await this.#listUnreferenced(unreferenced);
  }

  async #listUnreferenced(ids: readonly Uuid[]): Promise<void> {
    if (ids.length === 0) return;
    this.#unreferenced += ids.length;
    this.#unreferencedList.push(...ids.slice(0, unreferencedListed - this.#unreferencedList.length));
    await this.#options.onUnreferenced?.(ids);
  }

  #absent(node: AssetNode, isKnown: boolean): void {
    if (node.certain === 0) return;
    if (isKnown) {
      this.#satisfiedByGrid += 1;
      return;
    }
    if (this.#options.isBuiltIn(node.id)) return;
    this.#missing += 1;
    const { withoutAssets, find } = this.#options;
    const [first] = node.wants ?? [];
    if (this.#missingList.length < missingListed) this.#missingList.push(this.#describe(node));
    if (withoutAssets) return;
    const by = first === undefined ? '' : `; wanted by ${describeWant(first)}`;
    const more = node.certain > 1 ? ` and ${node.certain - 1} more` : '';
    find({
      rule: 'A4',
      severity: 'error',
      ...(first && { entry: first.holder.entry }),
      message: `asset ${node.id} is ${node.damaged ? 'empty' : 'not in the archive'}${by}${more}`,
      ids: [node.id],
    });
  }

  #describe(node: AssetNode): MissingAsset {
    return {
      id: node.id,
      type: node.wantedType,
      damaged: node.damaged,
      wantedCount: node.certain,
      wantedBy: (node.wants ?? []).map(({ holder, where }) => ({
        ...holder,
        where,
        holders: this.#graph.holdersOf(holder),
      })),
    };
  }

  result(): Resolution {
    const { find, known, withoutAssets } = this.#options;
    if (withoutAssets && this.#missing > 0)
      find({
        rule: 'A4',
        severity: 'warning',
        message: `the archive was saved without assets; ${this.#missing} that it needs are nowhere else`,
      });
    if (this.uncertain > 0)
      find({
        rule: 'A5',
        severity: 'info',
        message: `${this.uncertain} ids in texts are no assets of the archive`,
      });
    if (this.#graph.uncertainOverflow)
      find({
        rule: 'C4',
        severity: 'warning',
        message: 'so many ids stand in texts that not all were looked at',
      });
    if (this.#unreferenced > 0)
      find({
        rule: 'A6',
        severity: 'info',
        message: `nothing refers to ${this.#unreferenced} of the assets`,
      });
    return {
      references: {
        missing: this.#missing,
        missingList: this.#missingList,
        satisfiedByGrid: this.#satisfiedByGrid,
        uncertain: this.uncertain,
        unreferenced: this.#unreferenced,
        unreferencedList: this.#unreferencedList,
      },
      knownToGrid: known === undefined ? undefined : this.#knownToGrid,
    };
  }
}

function describeWant({ holder, where }: Want): string {
  return `${holder.kind} ${holder.name === '' ? (holder.id ?? '') : JSON.stringify(holder.name.slice(0, 80))} (${where})`;
}
