/** The real program, run as people run it, with its memory watched. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { peakMemory } from './measurement.ts';

/** As installed, so that it runs with the settings of its first line. */
const program = fileURLToPath(new URL('../node_modules/.bin/gridkeep', import.meta.url));
const memoryLookEveryMs = 50;

export interface Ran {
  readonly stdout: string;
  readonly seconds: number;
  /** Largest resident set seen, in bytes. */
  readonly memory: number;
}

/** Runs a command to its end; throws when it fails. */
export async function gridkeep(args: readonly string[], stdin = ''): Promise<Ran> {
  const started = performance.now();
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(stdin);
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
  if (code !== 0) throw new Error(`gridkeep ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`);
  return { stdout, seconds: (performance.now() - started) / 1000, memory };
}

export interface RunningServer {
  readonly public: string;
  readonly services: string;
  /** From the start of the process until the ports answer. */
  readonly secondsToReady: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a server on free ports. */
export async function startServer(data: string): Promise<RunningServer> {
  const ports = ['--public-port', '0', '--services-port', '0', '--panel-port', '0'];
  const started = performance.now();
  const child = spawn(program, ['start', '--json', '--data', data, ...ports], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  for await (const line of createInterface({ input: child.stdout })) {
    const address = /"services":"([^"]+)"/.exec(line)?.[1];
    const publicAddress = /"public":"([^"]+)"/.exec(line)?.[1];
    if (address === undefined || publicAddress === undefined || child.pid === undefined) continue;
    child.stdout.resume();
    return {
      public: publicAddress,
      services: address,
      secondsToReady: (performance.now() - started) / 1000,
      pid: child.pid,
      stop: async () => {
        child.kill('SIGTERM');
        await ended;
      },
    };
  }
  throw new Error('the server ended before it was ready');
}
