/** Server processes that serve one grid from one PostgreSQL, and what simulators and viewers ask of them. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sharedPostgres } from '@gridkeep/testing/databases';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { readXmlRpcResponse } from '@gridkeep/wire/xmlrpc/reader';
import { isXmlRpcStruct } from '@gridkeep/wire/xmlrpc/value';
import type { XmlRpcStruct } from '@gridkeep/wire/xmlrpc/value';
import { writeXmlRpcRequest } from '@gridkeep/wire/xmlrpc/writer';
import { askPort, basic } from './ask.ts';
import type { Ask } from './ask.ts';
import { gridkeep, gridkeepJson, startServerProcess } from './gridkeep-process.ts';
import type { StartedServer } from './gridkeep-process.ts';

export type Fields = Readonly<Record<string, string>>;

/** Far longer than any announcement takes, far shorter than what heals without one. */
const patienceMs = 15_000;

/** Waits for a condition; fails with `what` when it does not come. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + patienceMs; !(await condition()); await sleep(10))
    assert.ok(Date.now() < end, `did not happen in ${patienceMs} ms: ${what}`);
}

/** One of the processes: a server with a data folder of its own. */
export class GridProcess {
  readonly #folder: string;
  readonly #environment: Readonly<Record<string, string>>;
  #server: StartedServer | undefined;
  #credential = '';

  constructor(folder: string, environment: Readonly<Record<string, string>>) {
    this.#folder = folder;
    this.#environment = environment;
  }

  async start(): Promise<void> {
    this.#server = await startServerProcess(this.#folder, { environment: this.#environment });
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    const server = this.#server;
    this.#server = undefined;
    return server === undefined ? null : server.end(signal);
  }

  /** What the server has written to its log. */
  get log(): string {
    return this.#running.log();
  }

  /** From now on simulators ask with this credential. */
  authorize(name: string, secret: string): void {
    this.#credential = basic(name, secret);
  }

  /** A command beside this server. */
  async command(...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
    return gridkeepJson([...args, '--data', this.#folder], 0, { environment: this.#environment });
  }

  /** A command that reads a password. */
  async commandWithPassword(password: string, ...args: readonly string[]): Promise<void> {
    const { exitCode, stderr } = await gridkeep([...args, '--password-stdin', '--data', this.#folder], {
      environment: this.#environment,
      stdin: `${password}\n`,
    });
    assert.equal(exitCode, 0, stderr);
  }

  /** Any request of a simulator. */
  services: Ask = (path, asked = {}) =>
    askPort(portOf(this.#running.addresses.services))(path, {
      ...asked,
      headers: { authorization: this.#credential, ...asked.headers },
    });

  /** What a form service answers a simulator. */
  async form(path: string, fields: Fields): Promise<string> {
    const body = Object.entries(fields)
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join('&');
    const reply = await this.services(path, { method: 'POST', body });
    assert.equal(reply.status, 200, path);
    return reply.body.toString();
  }

  /** What a viewer gets that logs in from there; all of 127.0.0.0/8 are this machine. */
  async login(viewer: Viewer, from: string, members: Fields = {}): Promise<XmlRpcStruct> {
    const { first, last, password } = viewer;
    const passwd = `$1$${createHash('md5').update(password, 'utf8').digest('hex')}`;
    const asked = {
      ...{ first, last, passwd, start: 'last', channel: 'Firestorm-Releasex64', version: '7.1.9' },
      ...{ mac: 'aa11', id0: 'bb22', ...members },
    };
    const body = writeXmlRpcRequest({
      method: 'login_to_simulator',
      parameters: [new Map(Object.entries(asked))],
    });
    const ask = askPort(portOf(this.#running.addresses.public));
    const headers = { 'content-type': 'text/xml' };
    const reply = await ask('/', { method: 'POST', headers, body, from });
    const response = readXmlRpcResponse(reply.body, { bytesMax: 16 * 1024 * 1024 });
    assert.ok(response.kind === 'value' && isXmlRpcStruct(response.value));
    return response.value;
  }

  /** A page of the public port, asked for under that name. */
  async publicPage(path: string, host: string): Promise<string> {
    const reply = await askPort(portOf(this.#running.addresses.public))(path, { headers: { host } });
    return reply.body.toString();
  }

  get #running(): StartedServer {
    assert.ok(this.#server, 'the process does not run');
    return this.#server;
  }
}

export interface Viewer {
  readonly first: string;
  readonly last: string;
  readonly password: string;
}

/** Two of them on one database, with the credential of one simulator; killed when the test ends. */
export async function twoProcesses(
  context: TestContext,
  database: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<readonly [GridProcess, GridProcess]> {
  const folder = await temporaryFolder(context);
  const { createDatabase } = await sharedPostgres();
  const settings = { ...environment, GRIDKEEP_DATABASE_URL: createDatabase(database) };
  const start = async (name: string) => {
    const started = new GridProcess(join(folder, name), settings);
    context.after(() => started.end('SIGKILL'));
    await started.start();
    return started;
  };
  const both = await Promise.all([start('a'), start('b')] as const);
  const added = await both[0].command('simulator', 'add', 'sim1');
  const { secret } = added;
  assert.ok(typeof secret === 'string');
  for (const one of both) one.authorize('sim1', secret);
  return both;
}

/** The text of an element of a reply. */
export function elementOf(reply: string, name: string): string | undefined {
  return new RegExp(`<${name}[^>]*>([^<]*)</${name}>`).exec(reply)?.[1];
}

function portOf(address: string): number {
  return Number(new URL(address).port);
}
