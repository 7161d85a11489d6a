/** Runs Debian's restic on a repository of a test. Ask `missing('restic')` first. */
import { execFile } from 'node:child_process';

export interface ResticRun {
  readonly code: number;
  readonly output: string;
}

/** Without judging. The password comes from an environment variable, the cache is off. */
export function runRestic(
  repository: string,
  password: string,
  ...args: readonly string[]
): Promise<ResticRun> {
  return new Promise((resolve) => {
    execFile(
      'restic',
      ['--no-cache', ...args],
      {
        env: { ...process.env, RESTIC_REPOSITORY: repository, RESTIC_PASSWORD: password },
        maxBuffer: 256 * 1024 * 1024,
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, output: stdout + stderr });
      },
    );
  });
}

/** Fails unless restic ends with 0. */
export async function restic(
  repository: string,
  password: string,
  ...args: readonly string[]
): Promise<string> {
  const { code, output } = await runRestic(repository, password, ...args);
  if (code !== 0) throw new Error(`restic ${args.join(' ')} ended with ${code}:\n${output}`);
  return output;
}
