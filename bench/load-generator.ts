/** Requests as fast as a server answers them, by wrk: load generators in JavaScript are themselves the bottleneck. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const wrk = '/usr/bin/wrk';

export interface Load {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly method?: 'GET' | 'POST';
  /** Paths (of GET) or bodies (of POST) that are sent in turn; without them `url` alone is fetched. */
  readonly parts?: readonly string[];
  readonly connections: number;
  readonly seconds: number;
}

export interface Loaded {
  readonly requestsPerSecond: number;
  /** Milliseconds. */
  readonly p99: number;
  readonly requests: number;
}

/** Throws when any answer is not of status 2xx or a connection fails. */
export async function generateLoad(folder: string, load: Load): Promise<Loaded> {
  if (!existsSync(wrk)) throw new Error('install wrk (Debian: wrk)');
  const headers = Object.entries(load.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const script = load.parts === undefined ? [] : ['-s', await writeScript(folder, load, load.parts)];
  const shape = ['-t1', `-c${load.connections}`, `-d${load.seconds}s`, '--latency', '--timeout', '10s'];
  const child = spawn(wrk, [...shape, ...headers, ...script, load.url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await new Promise((resolve) => child.once('close', resolve));
  if (/Non-2xx|Socket errors/.test(text)) throw new Error(`bad answers from ${load.url}: ${text}`);
  return {
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1] ?? Number.NaN),
    p99: milliseconds(/99%\s+([\d.]+(?:us|ms|s))/.exec(text)?.[1] ?? ''),
    requests: Number(/(\d+) requests in/.exec(text)?.[1] ?? Number.NaN),
  };
}

/** The parts go through a file: a Lua script of tens of megabytes would take longer than the measurement. */
async function writeScript(folder: string, load: Load, parts: readonly string[]): Promise<string> {
  const list = join(folder, 'wrk-parts.txt');
  await writeFile(list, parts.map((part) => `${part}\n`).join(''));
  const script = join(folder, 'wrk.lua');
  const request =
    load.method === 'POST' ? "wrk.format('POST', nil, nil, parts[at])" : "wrk.format('GET', parts[at])";
  await writeFile(
    script,
    `local parts = {}
for line in io.lines(${JSON.stringify(list)}) do parts[#parts + 1] = line end
local at = 0
function request()
  at = at % #parts + 1
  return ${request}
end
`,
  );
  return script;
}

function milliseconds(text: string): number {
  const value = Number.parseFloat(text);
  if (text.endsWith('us')) return value / 1000;
  return text.endsWith('ms') ? value : value * 1000;
}
