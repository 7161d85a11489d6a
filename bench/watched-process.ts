/** Programs run to their end, with their memory watched. */
import { spawn } from 'node:child_process';
import { peakMemory } from './measurement.ts';

const memoryLookEveryMs = 50;

export interface Ran {
  readonly stdout: string;
  readonly seconds: number;
  /** Largest resident set seen, in bytes. */
  readonly memory: number;
}

export interface RunOptions {
  readonly stdin?: string;
  readonly folder?: string;
  /** Beside that of this process. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Throws when it fails, with what it said. */
export async function runWatched(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  const started = performance.now();
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...options.environment },
    ...(options.folder === undefined ? {} : { cwd: options.folder }),
  });
  child.stdin.end(options.stdin ?? '');
  let memory = 0;
  const look = setInterval(() => {
    if (child.pid !== undefined)
      peakMemory(child.pid).then(
        (bytes) => (memory = Math.max(memory, Number.isNaN(bytes) ? 0 : bytes)),
        () => undefined,
      );
  }, memoryLookEveryMs);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-4000)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => clearInterval(look));
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`);
  return { stdout, seconds: (performance.now() - started) / 1000, memory };
}
