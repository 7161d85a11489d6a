/** The real program, run as people run it, with its memory watched. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { runWatched, type Ran } from './watched-process.ts';

/** As installed, so that it runs with the settings of its first line. */
const program = fileURLToPath(new URL('../node_modules/.bin/gridkeep', import.meta.url));
/** Runs a command to its end; throws when it fails. */
export function gridkeep(args: readonly string[], stdin = ''): Promise<Ran> {
  return runWatched(program, args, { stdin });
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
