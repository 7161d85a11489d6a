import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { uuidFromBytes } from '@gridkeep/wire/uuid';
import { startBareServer } from '../bare-server.ts';
import { gridkeep, startServer } from '../gridkeep-process.ts';
import type { RunningServer } from '../gridkeep-process.ts';
import { generateLoad } from '../load-generator.ts';
import type { Loaded } from '../load-generator.ts';
import { seconds } from '../measurement.ts';
import type { BenchCase, Measurement } from '../measurement.ts';
import { withScratch } from '../scratch.ts';
import { startSimulator } from '../simulator.ts';
import { seededUuid } from '../world/random.ts';
import { addResidents, benchFolderId, benchResidentId, benchResidentName } from '../world/residents.ts';

const connections = 16;
const secondsEach = 5;
const residents = Number(process.env['BENCH_RESIDENTS'] ?? '10000');
const regions = 400;
const password = 'a password for measuring';
/** MD5 of it. */
const digest = 'a5362a682f6dc686f71c8a241147b8f1';

interface Bench {
  readonly folder: string;
  readonly server: RunningServer;
  readonly authorization: string;
}

const services: BenchCase = {
  title: `grid services with ${residents} residents of 1,000 folders and 1,000 items each`,
  run: () =>
    withScratch(async (folder) => {
      const data = join(folder, 'data');
      await gridkeep(['grid', 'create', 'bench', '--data', data]);
      const added = await gridkeep(['simulator', 'add', 'bench', '--json', '--data', data]);
      const secret = /"secret":\s*"([^"]+)"/.exec(added.stdout)?.[1] ?? '';
      await gridkeep(['resident', 'create', 'Model Resident', '--password-stdin', '--data', data], password);
      const file = join(data, 'grids', 'bench', 'grid.db');
      const filling = await seconds(async () =>
        Promise.resolve(addResidents(file, { residents, folders: 1000, items: 1000 })),
      );
      console.log(`  (the world took ${filling.toFixed(0)} s)`);
      const server = await startServer(data);
      const simulator = await startSimulator();
      const authorization = `Basic ${Buffer.from(`bench:${secret}`).toString('base64')}`;
      const bench: Bench = { folder, server, authorization };
      try {
        await registerRegions(bench, simulator.port);
        return [
          ...(await assets(bench)),
          ...(await reads(bench)),
          ...(await folders(bench)),
          ...(await logins(bench)),
          ...(await presence(bench, file)),
          ...(await memory(bench)),
        ];
      } finally {
        simulator.stop();
        await server.stop();
      }
    }),
};

async function ask({ server, authorization }: Bench, path: string, body: string): Promise<string> {
  const response = await fetch(server.services.replace(/\/$/, '') + path, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
    body,
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${text.slice(0, 200)}`);
  return text;
}

async function registerRegions(bench: Bench, port: number): Promise<void> {
  for (let index = 0; index < regions; index += 1) {
    const answer = await ask(
      bench,
      '/grid',
      `METHOD=register&VERSIONMIN=1&VERSIONMAX=1&SCOPEID=00000000-0000-0000-0000-000000000000&uuid=${seededUuid(5, 'region', index)}` +
        `&locX=${(1000 + (index % 20)) * 256}&locY=${(1000 + Math.floor(index / 20)) * 256}&sizeX=256&sizeY=256&regionName=Region+${index}` +
        `&serverIP=127.0.0.1&serverHttpPort=${port}&serverURI=http%3a%2f%2f127.0.0.1%3a${port}%2f&serverPort=${9000 + index}` +
        `&regionMapTexture=00000000-0000-0000-0000-000000000000&parcelMapTexture=00000000-0000-0000-0000-000000000000&access=21` +
        `&regionSecret=${seededUuid(5, 'secret', index)}&owner_uuid=${benchResidentId(0)}&Token=&flags=0`,
    );
    if (!answer.includes('Success')) throw new Error(`region ${index}: ${answer}`);
  }
}

/** Many different requests in turn against a bare server that answers with as many bytes as the first of ours. */
async function compare(
  bench: Bench,
  what: string,
  path: string,
  bodies: readonly string[],
  goal?: string,
): Promise<Measurement> {
  const first = await ask(bench, path, bodies[0] ?? '');
  const shape = { method: 'POST', parts: bodies, connections, seconds: secondsEach } as const;
  const headers = { Authorization: bench.authorization };
  const bare = await startBareServer(Buffer.byteLength(first));
  const peer = await generateLoad(bench.folder, { ...shape, url: bare.url, headers });
  bare.stop();
  const url = bench.server.services.replace(/\/$/, '') + path;
  const ours = await generateLoad(bench.folder, { ...shape, url, headers });
  return row(what, ours, peer, goal);
}

function row(what: string, ours: Loaded, peer: Loaded, goal?: string): Measurement {
  return {
    what,
    figure: `${ours.requestsPerSecond.toFixed(0)} requests/s, p99 ${ours.p99.toFixed(1)} ms`,
    peer: `${peer.requestsPerSecond.toFixed(0)} of bare node:http, p99 ${peer.p99.toFixed(1)} ms`,
    ratio: ours.requestsPerSecond / peer.requestsPerSecond,
    ...(goal === undefined ? {} : { goal }),
  };
}

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

function assetDocument(id: string): string {
  return (
    `<?xml version="1.0" encoding="utf-8"?><AssetBase><Data>${Buffer.alloc(2048, id).toString('base64')}</Data><FullID><Guid>${id}</Guid></FullID>` +
    `<ID>${id}</ID><Name>measured</Name><Description /><Type>7</Type><Local>false</Local><Temporary>false</Temporary>` +
    `<CreatorID></CreatorID><Flags>Normal</Flags></AssetBase>`
  );
}

async function assets(bench: Bench): Promise<readonly Measurement[]> {
  const ids = numbers(1000).map((index) => seededUuid(6, 'asset', index));
  for (const id of ids) await ask(bench, '/assets/', assetDocument(id));
  const [one = ''] = ids;
  const base = bench.server.services.replace(/\/$/, '');
  const get = await fetch(`${base}/assets/${one}`, { headers: { authorization: bench.authorization } });
  const bare = await startBareServer((await get.arrayBuffer()).byteLength);
  const headers = { Authorization: bench.authorization };
  const shape = { parts: ids.map((id) => `/assets/${id}`), headers, connections, seconds: secondsEach };
  const peer = await generateLoad(bench.folder, { ...shape, url: bare.url });
  bare.stop();
  const ours = await generateLoad(bench.folder, { ...shape, url: base });
  const lists = numbers(100).map(
    (from) =>
      `<?xml version="1.0"?><ArrayOfString>${ids
        .slice(from * 10, from * 10 + 10)
        .map((id) => `<string>${id}</string>`)
        .join('')}</ArrayOfString>`,
  );
  // Every body has an id of its own, so that each is a new asset; a run does not come to the end of them.
  const fresh = numbers(60_000).map((index) => assetDocument(seededUuid(7, 'fresh', index)));
  return [
    row('GET /assets/ID, 2 KB', ours, peer, '≥ 0.5'),
    await compare(bench, 'POST /get_assets_exist, 10 ids', '/get_assets_exist', lists, '≥ 0.5'),
    await compare(bench, 'POST /assets, 2 KB, new and durable', '/assets/', fresh),
  ];
}

async function reads(bench: Bench): Promise<readonly Measurement[]> {
  const scope = 'SCOPEID=00000000-0000-0000-0000-000000000000';
  const byId = numbers(regions).map(
    (index) => `${scope}&REGIONID=${seededUuid(5, 'region', index)}&METHOD=get_region_by_uuid`,
  );
  const byPosition = numbers(regions).map(
    (index) =>
      `${scope}&X=${(1000 + (index % 20)) * 256 + 77}&Y=${(1000 + Math.floor(index / 20)) * 256}&METHOD=get_region_by_position`,
  );
  const many = numbers(Math.min(residents, 2000));
  const accounts = many.map((index) => `METHOD=getaccount&UserID=${benchResidentId(index)}&${scope}`);
  const names = many.map((index) => {
    const [first, last] = benchResidentName(index);
    return `METHOD=getaccount&FirstName=${first}&LastName=${last}`;
  });
  return [
    await compare(bench, 'region by id', '/grid', byId, '≥ 0.5'),
    await compare(bench, 'region by position', '/grid', byPosition, '≥ 0.5'),
    await compare(bench, 'account by id', '/accounts', accounts, '≥ 0.5'),
    await compare(bench, 'account by name', '/accounts', names, '≥ 0.5'),
  ];
}

async function folders(bench: Bench): Promise<readonly Measurement[]> {
  const content = (index: number): string =>
    `METHOD=GETFOLDERCONTENT&PRINCIPAL=${benchResidentId(index)}&FOLDER=${benchFolderId(index)}`;
  const fill = async (index: number, items: number): Promise<string> => {
    const folder = seededUuid(8, 'filled', index);
    const owner = benchResidentId(index);
    const parent = benchFolderId(index);
    await ask(
      bench,
      '/xinventory',
      `METHOD=ADDFOLDER&ParentID=${parent}&Type=-1&Version=1&Name=Filled&Owner=${owner}&ID=${folder}`,
    );
    for (let item = 0; item < items; item += 1)
      await ask(
        bench,
        '/xinventory',
        `METHOD=ADDITEM&AssetID=${seededUuid(8, 'a', item)}&AssetType=0&Name=Thing+${item}&Owner=${owner}&ID=${seededUuid(8, `item ${index}`, item)}` +
          `&InvType=0&Folder=${folder}&CreatorId=${owner}&CreatorData=&Description=&NextPermissions=581632&CurrentPermissions=647168` +
          `&BasePermissions=647168&EveryOnePermissions=0&GroupPermissions=0&GroupID=00000000-0000-0000-0000-000000000000&GroupOwned=False` +
          `&SalePrice=0&SaleType=0&Flags=0&CreationDate=1790000000`,
      );
    return `METHOD=GETFOLDERCONTENT&PRINCIPAL=${owner}&FOLDER=${folder}`;
  };
  const hundred: string[] = [];
  for (let index = 0; index < 20; index += 1) hundred.push(await fill(index, 100));
  const large = await fill(21, 5000);
  const cold = numbers(Math.min(residents, 10_000)).slice(1000).map(content);
  return [
    await compare(bench, 'folder content, 100 items', '/xinventory', hundred, '≥ 0.5'),
    await compare(bench, 'folder content, 5,000 items', '/xinventory', [large], '≥ 0.5'),
    ...(cold.length > 0
      ? [await compare(bench, 'folder content, 1,000 items, every time another folder', '/xinventory', cold)]
      : []),
  ];
}

async function logins(bench: Bench): Promise<readonly Measurement[]> {
  const bodies = numbers(residents).map((index) => {
    const [first, last] = benchResidentName(index);
    const members = {
      first,
      last,
      passwd: `$1$${digest}`,
      start: `uri:Region ${index % regions}&amp;128&amp;128&amp;25`,
    };
    return `<?xml version="1.0"?><methodCall><methodName>login_to_simulator</methodName><params><param><value><struct>${Object.entries(
      { ...members, version: '1.0', channel: 'bench', mac: 'm', id0: 'i' },
    )
      .map(([name, value]) => `<member><name>${name}</name><value><string>${value}</string></value></member>`)
      .join('')}</struct></value></param></params></methodCall>`;
  });
  const url = bench.server.public;
  const headers = { 'Content-Type': 'text/xml' };
  const first = await fetch(url, { method: 'POST', headers, body: bodies.at(-1) ?? '' });
  const text = await first.text();
  if (!/<name>login<\/name><value><string>true/.test(text))
    throw new Error(`no login: ${text.slice(0, 600)}`);
  const shape = { method: 'POST', url, headers, connections: 32 } as const;
  const rows: Measurement[] = [];
  const again = bodies.slice(0, 1000);
  for (const [what, parts] of [
    ['first login of each resident', bodies],
    ['residents who have logged in before', again],
  ] as const) {
    // Whoever was not reached by the first has to log in once before it is a repetition.
    if (parts === again) await generateLoad(bench.folder, { ...shape, parts, seconds: 15 });
    const done = await generateLoad(bench.folder, { ...shape, parts, seconds: 20 });
    rows.push({
      what: `full login, ${(text.length / 1e3).toFixed(0)} KB answer, ${what}`,
      figure: `${done.requestsPerSecond.toFixed(0)} logins/s, p99 ${done.p99.toFixed(0)} ms`,
      peer: 'load generator and simulator on the same two cores',
      ratio: done.requestsPerSecond / 200,
      goal: '≥ 1 (200 logins/s)',
    });
  }
  return rows;
}

async function presence(bench: Bench, file: string): Promise<readonly Measurement[]> {
  const database = new DatabaseSync(file, { readOnly: true });
  const sessions = database
    .prepare('SELECT session FROM presence_session LIMIT 1000')
    .all()
    .flatMap(({ session }) => (session instanceof Uint8Array ? [uuidFromBytes(session)] : []));
  database.close();
  const bodies = sessions.map((session) => `VERSIONMIN=1&VERSIONMAX=1&METHOD=getagent&SessionID=${session}`);
  const region = seededUuid(5, 'region', 0);
  const reports = sessions.map(
    (session) => `VERSIONMIN=1&VERSIONMAX=1&METHOD=report&SessionID=${session}&RegionID=${region}`,
  );
  return [
    await compare(bench, 'presence of a session', '/presence', bodies, '≥ 0.5'),
    await compare(bench, 'presence report, durable', '/presence', reports),
  ];
}

async function residentMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024;
}

async function memory(bench: Bench): Promise<readonly Measurement[]> {
  const scope = 'SCOPEID=00000000-0000-0000-0000-000000000000';
  const parts = numbers(2000).map((index) => `METHOD=getaccount&UserID=${benchResidentId(index)}&${scope}`);
  const url = `${bench.server.services.replace(/\/$/, '')}/accounts`;
  const shape = {
    method: 'POST',
    url,
    parts,
    connections,
    headers: { Authorization: bench.authorization },
  } as const;
  let requests = 0;
  while (requests < 10_000) requests += (await generateLoad(bench.folder, { ...shape, seconds: 1 })).requests;
  const before = await residentMemory(bench.server.pid);
  const early = requests;
  while (requests < 1_000_000)
    requests += (await generateLoad(bench.folder, { ...shape, seconds: 10 })).requests;
  const after = await residentMemory(bench.server.pid);
  return [
    {
      what: `memory after ${requests} requests`,
      figure: `${after.toFixed(0)} MB resident`,
      peer: `${before.toFixed(0)} MB after ${early}`,
      ratio: before / after,
      goal: '≥ 0.95',
    },
  ];
}

export default services;
