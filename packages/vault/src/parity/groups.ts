/** The groups of a repository, as far as their parity files can be read. */
import type { Target } from '../target/target.ts';
import type { GroupPlan } from './group-plan.ts';
import { readParityFile } from './parity-file.ts';
import type { FileName } from './withdrawn.ts';
import { fileKey } from './withdrawn.ts';

export interface ParityColumn {
  /** Name of the parity file. */
  readonly name: string;
  readonly bytes: number;
  readonly column: number;
  /** Where in the file the column begins. */
  readonly columnAt: number;
}

export interface Group {
  readonly id: string;
  readonly plan: GroupPlan;
  readonly columns: readonly ParityColumn[];
  /** All parity files are there and have the size that they must. */
  readonly isWhole: boolean;
}

export interface Groups {
  /** Largest first. */
  readonly groups: readonly Group[];
  /** Parity files that cannot be read, and those that are there twice. */
  readonly useless: readonly string[];
}

export async function readGroups(target: Target, signal?: AbortSignal): Promise<Groups> {
  const found = new Map<string, { plan: GroupPlan; columns: Map<number, ParityColumn>; whole: number }>();
  const useless: string[] = [];
  for await (const file of target.list('parity', signal)) {
    const info = await readParityFile(target, file, signal);
    if (info === undefined) {
      useless.push(file.name);
      continue;
    }
    const group = found.get(info.group) ?? { plan: info.plan, columns: new Map(), whole: 0 };
    found.set(info.group, group);
    if (group.columns.has(info.column)) {
      useless.push(file.name);
      continue;
    }
    if (info.bytes === info.bytesWhole) group.whole += 1;
    const { name, bytes, column, columnAt } = info;
    group.columns.set(column, { name, bytes, column, columnAt });
  }
  const groups = [...found].map(([id, group]) => ({
    id,
    plan: group.plan,
    columns: [...group.columns.values()],
    isWhole: group.whole === group.plan.parity,
  }));
  return { groups: groups.sort((a, b) => groupBytes(b) - groupBytes(a)), useless };
}

export function groupBytes(group: Group): number {
  return group.plan.files.reduce((sum, file) => sum + file.bytes, 0);
}

/** The sizes of all files of the kinds given, by fileKey. */
export async function listSizes(
  target: Target,
  kinds: readonly FileName['kind'][],
  signal?: AbortSignal,
): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const kind of kinds) {
    for await (const file of target.list(kind, signal))
      sizes.set(fileKey({ kind, name: file.name }), file.bytes);
  }
  return sizes;
}
