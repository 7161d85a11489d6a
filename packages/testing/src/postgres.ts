/** A throw-away PostgreSQL: one per test process, in a temporary folder, reached by a Unix socket, gone with the process. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { postgresFolder } from './requirements.ts';

const startAttemptsMax = 600;
const startPauseMs = 25;

/** Settings of a server whose data nobody needs tomorrow. */
const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  listen_addresses: '',
  max_connections: '60',
  shared_buffers: '32MB',
  log_min_messages: 'fatal',
} as const;

interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface TestPostgres {
  /** Of the database 'postgres', as its superuser. */
  readonly url: string;
  /** The address of another, new database of this server. */
  createDatabase(name: string): string;
  /** Makes an empty database; its URL. */
  createDatabase(name: string): string;
  /** Stops and starts the server, as an administrator would: all connections end. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** PostgreSQL refuses to run as root: then it runs as the system's 'postgres' or 'nobody'. */
function serverAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = accounts.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error('PostgreSQL does not run as root, and there is no account postgres or nobody');
}

/** The server says so itself, in the eighth line of its process file; it takes connections before it answers them. */
function isReady(folder: string): boolean {
  const file = join(folder, 'data', 'postmaster.pid');
  return existsSync(file) && readFileSync(file, 'utf8').split('\n')[7]?.trim() === 'ready';
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });
}

async function startServer(
  programs: string,
  folder: string,
  account: Account | undefined,
): Promise<ChildProcess> {
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn(join(programs, 'postgres'), ['-D', join(folder, 'data'), '-k', folder, ...options], {
    stdio: 'ignore',
    cwd: folder,
    ...account,
  });
  // Neither the server nor its socket keeps a finished test process alive.
  server.unref();
  for (let attempt = 0; attempt < startAttemptsMax; attempt += 1) {
    if (server.exitCode !== null) throw new Error(`postgres ended with ${server.exitCode}`);
    if (isReady(folder)) return server;
    await sleep(startPauseMs);
  }
  server.kill('SIGQUIT');
  throw new Error('postgres did not start in time');
}

/** Ask `missing('postgres')` first. */
export async function startPostgres(): Promise<TestPostgres> {
  const programs = postgresFolder();
  if (programs === undefined) throw new Error('PostgreSQL is not installed');
  const account = serverAccount();
  const folder = mkdtempSync(join(tmpdir(), 'gridkeep-postgres-'));
  if (account !== undefined) chownSync(folder, account.uid, account.gid);
  execFileSync(
    join(programs, 'initdb'),
    ['-D', join(folder, 'data'), '-U', 'gridkeep', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { stdio: 'ignore', cwd: folder, ...account },
  );
  let server = await startServer(programs, folder, account);

  // Also when the process ends by process.exit or an uncaught error.
  const onExit = () => {
    server.kill('SIGQUIT');
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  };
  process.once('exit', onExit);

  const urlOf = (name: string) => `postgres://gridkeep@localhost/${name}?host=${encodeURIComponent(folder)}`;
  return {
    url: urlOf('postgres'),
    createDatabase(name) {
      const statement = `CREATE DATABASE ${name}`;
      execFileSync(join(programs, 'psql'), ['-q', '-c', statement, urlOf('postgres')], { cwd: folder });
      return urlOf(name);
    },
    async restart() {
      server.ref();
      server.kill('SIGINT');
      await ended(server);
      server = await startServer(programs, folder, account);
    },
    async stop() {
      process.off('exit', onExit);
      server.ref();
      server.kill('SIGQUIT');
      await ended(server);
      rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}
