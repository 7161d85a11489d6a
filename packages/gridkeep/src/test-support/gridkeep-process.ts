/** Runs the real program in processes of its own, as people do. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import Type from 'typebox';
import Value from 'typebox/value';

const program = fileURLToPath(new URL('../../bin/gridkeep.ts', import.meta.url));

export interface Finished {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunSettings {
  readonly stdin?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingFolder?: string;
}

/** The tests' own environment without settings that somebody made for a program of theirs. */
function cleanEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('GRIDKEEP_'));
  return { ...Object.fromEntries(kept), NODE_TEST_CONTEXT: undefined, ...extra };
}

function launch(args: readonly string[], settings: RunSettings): ChildProcess {
  return spawn(process.execPath, [program, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: cleanEnvironment(settings.environment),
    cwd: settings.workingFolder,
  });
}

async function collect(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = '';
  if (stream !== null) for await (const chunk of stream) text += String(chunk);
  return text;
}

/** Runs a command to its end; `started` gets its process. */
export async function gridkeep(
  args: readonly string[],
  settings: RunSettings = {},
  started: (child: ChildProcess) => void = () => {},
): Promise<Finished> {
  const child = launch(args, settings);
  started(child);
  child.stdin?.on('error', () => {});
  child.stdin?.end(settings.stdin ?? '');
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all([collect(child.stdout), collect(child.stderr)]);
  await closed;
  return { exitCode: child.exitCode, stdout, stderr };
}

/** Runs a command with --json; its document. Throws when it does not exit with the code. */
export async function gridkeepJson(args: readonly string[], exitCode = 0, settings: RunSettings = {}) {
  const finished = await gridkeep([...args, '--json'], settings);
  if (finished.exitCode !== exitCode)
    throw new Error(
      `gridkeep ${args.join(' ')} ended with ${String(finished.exitCode)}: ${finished.stdout}${finished.stderr}`,
    );
  return Value.Parse(Type.Record(Type.String(), Type.Unknown()), JSON.parse(finished.stdout));
}

const readySchema = Type.Object({
  pid: Type.Integer(),
  gridMade: Type.Union([Type.String(), Type.Null()]),
  addresses: Type.Object({ public: Type.String(), services: Type.String(), panel: Type.String() }),
});

export interface StartedServer extends Type.Static<typeof readySchema> {
  readonly process: ChildProcess;
  /** Everything it wrote to standard error so far. */
  readonly log: () => string;
  /** Sends the signal and waits for the end; the exit code, null when the signal itself ended it. */
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>;
}

const freePorts = ['--public-port', '0', '--services-port', '0', '--panel-port', '0'];

/** Starts a server on free ports; resolves when it says that it is ready. */
export async function startServerProcess(
  folder: string,
  settings: RunSettings & { readonly args?: readonly string[] } = {},
): Promise<StartedServer> {
  const args = ['start', '--json', '--data', folder, ...freePorts, ...(settings.args ?? [])];
  const child = launch(args, settings);
  const exited = once(child, 'exit');
  let log = '';
  child.stderr?.on('data', (chunk) => (log += String(chunk)));
  const ready = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk) => {
      text += String(chunk);
      const end = text.indexOf('\n');
      if (end >= 0 && text.startsWith('{"ready"')) resolve(text.slice(0, end));
    });
    child.once('exit', (code) => reject(new Error(`start ended with ${String(code)}: ${text}${log}`)));
  });
  return {
    ...Value.Parse(readySchema, JSON.parse(ready)),
    process: child,
    log: () => log,
    end: async (signal) => {
      child.kill(signal);
      await exited;
      return child.exitCode;
    },
  };
}
