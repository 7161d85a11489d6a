/** Runs a test's own program in a process, to be killed -9 some time after it says that it began. */
import { spawn } from 'node:child_process';

export interface KilledRun {
  /** What it wrote to standard output; a line that the kill tore is not among them. */
  readonly lines: readonly string[];
  /** It came to its end before the kill. */
  readonly ended: boolean;
  /** From the line that began it to the end, milliseconds. */
  readonly lasted: number;
}

export interface KillOptions {
  /** Milliseconds after the line that begins it; undefined lets it end. */
  readonly killAfterMs: number | undefined;
  /** The line of output that begins it, counted from one; default the first. */
  readonly beginsAtLine?: number;
}

/** Rejects with what it complained about when it ends with a code other than 0 by itself. */
export function runAndKill(
  program: string,
  args: readonly string[],
  { killAfterMs, beginsAtLine = 1 }: KillOptions,
): Promise<KilledRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--no-warnings', program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const lines: string[] = [];
    let output = '';
    let complaint = '';
    let began = performance.now();
    let timer: NodeJS.Timeout | undefined;
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const parts = (output + chunk).split('\n');
      output = parts.pop() ?? '';
      const before = lines.length;
      lines.push(...parts);
      if (before >= beginsAtLine || lines.length < beginsAtLine) return;
      began = performance.now();
      if (killAfterMs !== undefined) timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code !== 0 && signal !== 'SIGKILL')
        reject(new Error(`${program} ended with ${String(code)}: ${complaint}`));
      else resolve({ lines, ended: code === 0, lasted: performance.now() - began });
    });
  });
}
