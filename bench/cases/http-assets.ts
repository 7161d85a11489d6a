import { join } from 'node:path';
import { startBareServer } from '../bare-server.ts';
import { gridkeep, startServer } from '../gridkeep-process.ts';
import { generateLoad } from '../load-generator.ts';
import type { BenchCase, Measurement } from '../measurement.ts';
import { withScratch } from '../scratch.ts';
import { WorldAssets } from '../world/assets.ts';
import { seededUuid } from '../world/random.ts';

const connections = 16;
const secondsEach = 5;

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
  const load = async (url: string): Promise<number> => {
    const shape = { connections, seconds: secondsEach, headers: { Authorization: authorization } };
    return (await generateLoad('', { url, ...shape })).requestsPerSecond;
  };
  const bare = await startBareServer(size);
  const peer = await load(bare.url);
  bare.stop();
  const ours = await load(`${base}/assets/${id}/data`);
  const xml = await load(`${base}/assets/${id}`);
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

export default httpAssets;
