/** A target as it would be without some of its files. Read only. */
import type { FileName } from '../parity/withdrawn.ts';
import { fileKey } from '../parity/withdrawn.ts';
import type { Target } from '../target/target.ts';
import { TargetError } from '../target/target.ts';

export function targetWithout(target: Target, hidden: ReadonlySet<string>): Target {
  const refuse = (): Promise<never> => Promise.reject(new TargetError('permanent', 'read only'));
  const isHidden = (file: FileName): boolean => hidden.has(fileKey(file));
  return {
    description: target.description,
    async *list(kind, signal) {
      for await (const file of target.list(kind, signal)) {
        if (!isHidden({ kind, name: file.name })) yield file;
      }
    },
    read(kind, name, range, signal) {
      if (isHidden({ kind, name })) return Promise.reject(new TargetError('absent', `no ${kind} ${name}`));
      return target.read(kind, name, range, signal);
    },
    save: refuse,
    remove: refuse,
    ...(target.cold === undefined ? {} : { cold: target.cold }),
    close: () => Promise.resolve(),
  };
}
