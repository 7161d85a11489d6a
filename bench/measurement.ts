import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';

export interface Measurement {
  readonly what: string;
  readonly figure: string;
  /** What it was measured against in the same run. */
  readonly peer?: string;
  /** Ours divided by the peer's, in rates: more is better. */
  readonly ratio?: number;
  readonly goal?: string;
}

export interface BenchCase {
  readonly title: string;
  run(): Promise<readonly Measurement[]>;
}

export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

export function rate(bytes: number, time: number): string {
  return `${(bytes / 1e6 / time).toFixed(0)} MB/s`;
}

/** Runs a shell pipeline to its end; throws with its standard error when it fails. */
export async function shell(command: string): Promise<void> {
  const child = spawn('bash', ['-o', 'pipefail', '-c', command], { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-2000)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${complaint}`);
}

/** The largest resident set of a living process so far, in bytes. */
export async function peakMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) * 1024;
}
