import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { gridkeep, startServer } from '../gridkeep-process.ts';
import type { BenchCase, Measurement } from '../measurement.ts';
import { withScratch } from '../scratch.ts';
import { WorldAssets } from '../world/assets.ts';
import { seededUuid } from '../world/random.ts';

const connections = 16;
const secondsEach = 5;
const wrk = '/usr/bin/wrk';

/** Requests a second, by wrk: load generators in JavaScript are themselves the bottleneck with small replies. */
async function load(url: string, authorization: string): Promise<number> {
  const child = spawn(wrk, [
    '-t1',
    `-c${connections}`,
    `-d${secondsEach}s`,
    '-H',
    `Authorization: ${authorization}`,
    url,
  ]);
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await new Promise((resolve) => child.once('close', resolve));
  if (text.includes('Non-2xx')) throw new Error(`bad answers from ${url}`);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1] ?? Number.NaN);
}

/** The bare peer, in a process of its own as the server is. */
async function bareServer(size: number): Promise<{ readonly url: string; stop(): void }> {
  const child = spawn(process.execPath, [import.meta.filename, 'bare', String(size)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise<string>((resolve) =>
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim())),
  );
  return { url: `http://127.0.0.1:${port}/`, stop: () => child.kill() };
}

function assetDocument(id: string, bytes: Buffer): string {
  return (
    `<?xml version="1.0" encoding="utf-8"?><AssetBase><Data>${bytes.toString('base64')}</Data><FullID><Guid>${id}</Guid></FullID>` +
    `<ID>${id}</ID><Name>measured</Name><Description /><Type>0</Type><Local>false</Local><Temporary>false</Temporary>` +
    `<CreatorID></CreatorID><Flags>Normal</Flags></AssetBase>`
  );
}

const httpAssets: BenchCase = {
  title: 'GET of an asset over HTTP against a bare node:http server with the same bytes',
  run: () =>
    withScratch(async (folder) => {
      if (!existsSync(wrk)) throw new Error('install wrk (Debian: wrk)');
      const data = join(folder, 'data');
      await gridkeep(['grid', 'create', 'bench', '--data', data]);
      const added = await gridkeep(['simulator', 'add', 'bench', '--json', '--data', data]);
      const secret = /"(?:secret|password)":\s*"([^"]+)"/.exec(added.stdout)?.[1] ?? '';
      const authorization = `Basic ${Buffer.from(`bench:${secret}`).toString('base64')}`;
      const server = await startServer(data);
      const rows: Measurement[] = [];
      try {
        for (const size of [2048, 256 * 1024])
          rows.push(...(await measure(server.services, authorization, size)));
      } finally {
        await server.stop();
      }
      return rows;
    }),
};

async function measure(
  services: string,
  authorization: string,
  size: number,
): Promise<readonly Measurement[]> {
  const id = seededUuid(3, 'http', size);
  const bytes = Buffer.concat([new WorldAssets(3).at(0).bytes, Buffer.alloc(size, 7)]).subarray(0, size);
  const base = services.replace(/\/$/, '');
  const stored = await fetch(`${base}/assets/`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'text/xml' },
    body: assetDocument(id, bytes),
  });
  const reply = await stored.text();
  if (!reply.includes(id)) throw new Error(`storing answered ${stored.status}: ${reply.slice(0, 200)}`);
  const bare = await bareServer(size);
  const peer = await load(bare.url, authorization);
  bare.stop();
  const ours = await load(`${base}/assets/${id}/data`, authorization);
  const xml = await load(`${base}/assets/${id}`, authorization);
  const what = `${size / 1024} KB, ${connections} connections`;
  return [
    {
      what: `GET /assets/ID/data, ${what}`,
      figure: `${ours.toFixed(0)} requests/s`,
      peer: `${peer.toFixed(0)} of bare node:http`,
      ratio: ours / peer,
      goal: '≥ 0.7',
    },
    {
      what: `GET /assets/ID as XML, ${what}`,
      figure: `${xml.toFixed(0)} requests/s`,
      peer: `${peer.toFixed(0)} of bare node:http with the raw bytes`,
      ratio: xml / peer,
    },
  ];
}

if (process.argv[2] === 'bare') {
  const body = Buffer.alloc(Number(process.argv[3]), 7);
  const headers = { 'Content-Type': 'application/octet-stream', 'Content-Length': body.length };
  const server = createServer((_request, response) => {
    response.writeHead(200, headers);
    response.end(body);
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    console.log(typeof address === 'object' && address !== null ? address.port : '');
  });
}

export default httpAssets;
