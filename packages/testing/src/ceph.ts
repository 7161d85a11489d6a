/** A throw-away S3 service: a Ceph gateway with one monitor and one memory-backed object store, on loopback only. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface CephGateway {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** `objectLock`: files in it can be locked against deletion. */
  makeBucket(name: string, options?: { readonly objectLock?: boolean }): Promise<void>;
  stop(): Promise<void>;
}

const attemptsMax = 4;
/** It takes 3 seconds, or for ever. */
const storeStartMsMax = 12_000;
const startMsMax = 30_000;
const commandMsMax = 25_000;
const pollMs = 200;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

function configuration(folder: string, fsid: string, monPort: number, httpPort: number): string {
  return `[global]
fsid = ${fsid}
mon host = v1:127.0.0.1:${monPort}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
run dir = ${folder}
log file = ${folder}/$name.log
admin socket = ${folder}/$name.asok
mon data = ${folder}/mon
osd data = ${folder}/osd
osd objectstore = memstore
memstore device bytes = 2147483648
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail crit = 1
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:${httpPort}
`;
}

/** Takes some 15 seconds. Ask `missing('ceph')` first, and stop it when done. */
export async function startCeph(): Promise<CephGateway> {
  // The object store sometimes ends during its start; a second one from scratch does not.
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce();
    } catch (error) {
      if (attempt >= attemptsMax) throw error;
    }
  }
}

async function startOnce(): Promise<CephGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'gridkeep-ceph-'));
  const processes: ChildProcess[] = [];
  const killAll = (): void => processes.forEach((child) => child.kill('SIGKILL'));
  process.once('exit', killAll);
  const stop = async (): Promise<void> => {
    process.off('exit', killAll);
    for (const child of processes.reverse()) await end(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return { ...(await start(folder, processes)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(folder: string, processes: ChildProcess[]): Promise<Omit<CephGateway, 'stop'>> {
  const fsid = randomUUID();
  const monPort = await freePort();
  const httpPort = await freePort();
  const conf = join(folder, 'ceph.conf');
  await writeFile(conf, configuration(folder, fsid, monPort, httpPort));
  await mkdir(join(folder, 'mon'));
  await mkdir(join(folder, 'osd'));
  const command = (program: string, ...args: string[]): string => {
    const run = spawnSync(program, [...args, '-c', conf], { encoding: 'utf8', timeout: commandMsMax });
    if (run.status !== 0) throw new Error(`${program} ${args[0] ?? ''}: ${run.stderr || String(run.error)}`);
    return run.stdout;
  };
  const serve = (program: string, ...args: string[]): void => {
    processes.push(spawn(program, [...args, '-f', '-c', conf], { stdio: 'ignore' }));
  };
  const monmap = join(folder, 'monmap');
  command('monmaptool', '--create', '--fsid', fsid, '--addv', 'a', `[v1:127.0.0.1:${monPort}]`, monmap);
  command('ceph-mon', '--mkfs', '-i', 'a', '--monmap', monmap);
  serve('ceph-mon', '-i', 'a');
  const osd = randomUUID();
  await untilTaken(() => command('ceph', '--connect-timeout', '30', 'osd', 'new', osd), processes);
  command('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', osd);
  command('ceph', 'osd', 'crush', 'add', 'osd.0', '1.0', 'host=localhost', 'root=default');
  serve('ceph-osd', '-i', '0');
  const deadline = performance.now() + storeStartMsMax;
  while (!command('ceph', 'osd', 'stat').includes('1 up')) {
    failIfEnded(processes);
    if (performance.now() > deadline) throw new Error('the object store does not come up');
    await delay(pollMs);
  }
  const accessKeyId = randomBytes(10).toString('hex');
  const secretAccessKey = randomBytes(20).toString('hex');
  const keys = [`--access-key=${accessKeyId}`, `--secret-key=${secretAccessKey}`];
  // Before the gateway starts: both make the same pools, and get in each other's way.
  command('radosgw-admin', 'user', 'create', '--uid=test', '--display-name=test', ...keys);
  serve('radosgw', '-n', 'client.rgw');
  const endpoint = `http://127.0.0.1:${httpPort}`;
  await untilAnswering(endpoint, processes);
  const makeBucket: CephGateway['makeBucket'] = async (name, { objectLock = false } = {}) => {
    // Signature version 2, which takes three lines instead of an SDK.
    const date = new Date().toUTCString();
    const locking = objectLock ? 'x-amz-bucket-object-lock-enabled:true\n' : '';
    const signed = createHmac('sha1', secretAccessKey)
      .update(`PUT\n\n\n${date}\n${locking}/${name}`)
      .digest('base64');
    const headers = {
      ...{ date, authorization: `AWS ${accessKeyId}:${signed}` },
      ...(objectLock ? { 'x-amz-bucket-object-lock-enabled': 'true' } : {}),
    };
    const reply = await fetch(`${endpoint}/${name}`, { method: 'PUT', headers });
    if (!reply.ok) throw new Error(`no bucket was made: ${reply.status} ${await reply.text()}`);
  };
  return { endpoint, accessKeyId, secretAccessKey, makeBucket };
}

/** On a busy machine the monitor listens long before it allows anything (EPERM). */
async function untilTaken(ask: () => string, processes: readonly ChildProcess[]): Promise<void> {
  const deadline = performance.now() + startMsMax;
  for (;;) {
    failIfEnded(processes);
    try {
      ask();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await delay(pollMs);
  }
}

async function untilAnswering(endpoint: string, processes: readonly ChildProcess[]): Promise<void> {
  const deadline = performance.now() + startMsMax;
  for (;;) {
    failIfEnded(processes);
    try {
      await (await fetch(endpoint)).arrayBuffer();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw new Error('the gateway does not answer', { cause: error });
    }
    await delay(pollMs);
  }
}

function failIfEnded(processes: readonly ChildProcess[]): void {
  const ended = processes.find(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null);
  if (ended !== undefined) throw new Error(`${ended.spawnfile} ended: ${ended.exitCode ?? ended.signalCode}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}
