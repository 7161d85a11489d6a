/**
 * Two places as one target: packs of data on a cold one only, everything else on a hot one and, so that the cold place is a
 * whole repository by itself, there as well. Written hot first, removed cold first (rustic_core: backend/hotcold).
 */
import {
  isTargetFailure,
  type FileKind,
  type FileRange,
  type SaveOptions,
  type Target,
  type TargetFile,
} from './target.ts';

/** Come and go with every operation, or are replaced: what slow storage is bad at. */
const hotOnly: ReadonlySet<FileKind> = new Set<FileKind>(['lock', 'state']);

/** Closing it closes both. */
export function splitTarget(hot: Target, cold: Target): Target {
  return new SplitTarget(hot, cold);
}

class SplitTarget implements Target {
  readonly description: string;
  readonly protect?: NonNullable<Target['protect']>;
  readonly cold?: NonNullable<Target['cold']>;
  readonly #hot: Target;
  readonly #cold: Target;
  /** Packs of trees: a few thousand names. Undefined until they were listed. */
  #hotPacks: Promise<Set<string>> | undefined;

  constructor(hot: Target, cold: Target) {
    this.#hot = hot;
    this.#cold = cold;
    this.description = `${hot.description} with data in ${cold.description}`;
    if (hot.protect !== undefined || cold.protect !== undefined)
      this.protect = (kind, name, until, signal) => this.#protect(kind, name, until, signal);
    const slow = cold.cold;
    if (slow !== undefined)
      this.cold = {
        description: slow.description,
        availability: async (pack, signal) =>
          (await this.#isHot(pack)) ? 'ready' : slow.availability(pack, signal),
        fetch: async (pack, signal) => {
          if (!(await this.#isHot(pack))) await slow.fetch(pack, signal);
        },
      };
  }

  async *list(kind: FileKind, signal?: AbortSignal): AsyncGenerator<TargetFile> {
    if (kind !== 'pack') return yield* this.#hot.list(kind, signal);
    const hotPacks = new Set<string>();
    for await (const file of this.#hot.list(kind, signal)) {
      hotPacks.add(file.name);
      yield file;
    }
    for await (const file of this.#cold.list(kind, signal)) if (!hotPacks.has(file.name)) yield file;
  }

  async read(kind: FileKind, name: string, range?: FileRange, signal?: AbortSignal): Promise<Buffer> {
    if (hotOnly.has(kind)) return this.#hot.read(kind, name, range, signal);
    const isHot = kind !== 'pack' || (await this.#isHot(name));
    const [first, second] = isHot ? [this.#hot, this.#cold] : [this.#cold, this.#hot];
    try {
      return await first.read(kind, name, range, signal);
    } catch (error) {
      if (!isTargetFailure(error, 'absent')) throw error;
      return second.read(kind, name, range, signal);
    }
  }

  async save(kind: FileKind, name: string, bytes: Uint8Array, options: SaveOptions = {}): Promise<void> {
    if (kind !== 'pack' || options.content !== 'data') {
      await this.#hot.save(kind, name, bytes, options);
      if (kind === 'pack') (await this.#hotPacks)?.add(name);
    }
    if (!hotOnly.has(kind)) await this.#cold.save(kind, name, bytes, options);
  }

  /** What either place forbids stays in both. */
  async remove(kind: FileKind, name: string, signal?: AbortSignal): Promise<void> {
    if (!hotOnly.has(kind)) await this.#cold.remove(kind, name, signal);
    if (kind === 'pack') {
      if (!(await this.#isHot(name))) return;
      (await this.#hotPacks)?.delete(name);
    }
    await this.#hot.remove(kind, name, signal);
  }

  async #protect(kind: FileKind, name: string, until: number, signal?: AbortSignal): Promise<void> {
    if (hotOnly.has(kind)) return;
    const isHot = kind !== 'pack' || (await this.#isHot(name));
    if (isHot) await this.#hot.protect?.(kind, name, until, signal);
    await this.#cold.protect?.(kind, name, until, signal);
  }

  async #isHot(pack: string): Promise<boolean> {
    this.#hotPacks ??= this.#listHotPacks();
    return (await this.#hotPacks).has(pack);
  }

  /** Serves all callers, so that no signal of one of them ends it. */
  async #listHotPacks(): Promise<Set<string>> {
    const names = new Set<string>();
    try {
      for await (const { name } of this.#hot.list('pack')) names.add(name);
    } catch (error) {
      this.#hotPacks = undefined;
      throw error;
    }
    return names;
  }

  async close(): Promise<void> {
    await Promise.all([this.#hot.close(), this.#cold.close()]);
  }
}
