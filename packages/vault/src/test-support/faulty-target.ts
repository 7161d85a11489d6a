/** A target in memory, and one with faults in front of any other, for tests. */
import type { FileKind, Target } from '../target/target.ts';

export declare function memoryTarget(): Target & { files(kind: FileKind): Map<string, Buffer> };

export interface Faults {
  /** Called before each call; throw to fail it. */
  before?: (call: 'list' | 'read' | 'save' | 'remove', kind: FileKind, name: string) => void | Promise<void>;
  /** What read gives instead. */
  damage?: (kind: FileKind, name: string, bytes: Buffer) => Buffer;
}

/** `faults` may be changed at any time. */
export declare function faultyTarget(target: Target, faults: Faults): Target;
