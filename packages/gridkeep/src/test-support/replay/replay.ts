/**
 * Plays recorded exchanges against a running Gridkeep: simulators' and viewers' requests are sent again, with the ids that
 * ours stand for; what Gridkeep asks simulators meanwhile is answered as the real simulators answered.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Comparison, Identities } from './compare.ts';
import { differences } from './compare.ts';
import { meaningOf } from './meaning.ts';
import { textOf } from './recording.ts';
import type { Exchange } from './recording.ts';

/** Where the parts of the recorded world stand now, by the recorded `host:port`. */
export type Addresses = ReadonlyMap<string, string>;

export interface Player {
  readonly identities: Identities;
  readonly comparison: Comparison;
  readonly addresses: Addresses;
  /** By recorded service: where to send, and what to send along. */
  readonly services: ReadonlyMap<string, { readonly url: string; readonly authorization?: string }>;
  /** Called before each exchange that is played. */
  readonly before: (exchange: Exchange) => Promise<void>;
}

export interface Played {
  readonly exchange: Exchange;
  readonly outcome: 'same' | 'differs' | 'passed over';
  readonly reasons: readonly string[];
}

/** What a simulator is asked while exchanges are played. */
export interface AskedSimulator {
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly body: Uint8Array;
}

export interface SimulatorAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Uint8Array;
}

export class Replay {
  readonly #player: Player;
  /** Recorded calls to simulators, and what belongs between each call and its answer. */
  #expected: { exchange: Exchange; inner: readonly Exchange[] }[] = [];
  readonly played: Played[] = [];

  constructor(player: Player) {
    this.#player = player;
  }

  async scenario(exchanges: readonly Exchange[]): Promise<void> {
    const done = new Set<Exchange>();
    for (const exchange of exchanges) {
      if (done.has(exchange) || !this.#player.services.has(exchange.service)) continue;
      const during = exchanges.filter(
        (one) => one !== exchange && one.from >= exchange.from && one.until <= exchange.until,
      );
      if (exchange.path.startsWith('/homeagent'))
        for (const one of during.filter(isAskedByGrids)) {
          done.add(one);
          this.played.push({ exchange: one, outcome: 'passed over', reasons: ['the grids ask each other'] });
        }
      const calls = callsSimulators(exchange) ? during.filter((one) => isAgentCall(one)) : [];
      this.#expected = calls.map((call) => {
        const inner = during.filter(
          (one) =>
            one.from >= call.from &&
            one.until <= call.until &&
            this.#player.services.has(one.service) &&
            !done.has(one),
        );
        for (const one of inner) done.add(one);
        return { exchange: call, inner };
      });
      await this.#play(exchange);
      for (const { exchange: left } of this.#expected)
        this.played.push({
          exchange: left,
          outcome: 'differs',
          reasons: ['Gridkeep did not ask the simulator'],
        });
      this.#expected = [];
    }
  }

  /** As the simulator answered in the recording. */
  async answer(asked: AskedSimulator): Promise<SimulatorAnswer | undefined> {
    const index = this.#expected.findIndex(
      ({ exchange }) => exchange.service === asked.service && exchange.method === asked.method,
    );
    const [expected] = index < 0 ? [] : this.#expected.splice(index, 1);
    if (expected === undefined) return undefined;
    const { exchange, inner } = expected;
    if (exchange.sent !== undefined) {
      const reasons = this.#compare(exchange.sent, unzipped(asked.body));
      this.played.push({ exchange, outcome: reasons.length === 0 ? 'same' : 'differs', reasons });
    }
    for (const one of inner) await this.#play(one);
    const text = this.#translate(Buffer.from(exchange.received ?? []).toString('utf8'));
    const contentType = exchange.replyHeaders.get('content-type') ?? 'text/plain';
    return { status: exchange.status, contentType, body: Buffer.from(text, 'utf8') };
  }

  async #play(exchange: Exchange): Promise<void> {
    const { identities, services } = this.#player;
    const service = services.get(exchange.service);
    if (service === undefined) return;
    const pass = (reason: string) =>
      this.played.push({ exchange, outcome: 'passed over', reasons: [reason] });
    if (exchange.sent === undefined) return void pass('only the head of the request was recorded');
    const sentText = Buffer.from(exchange.sent).toString('utf8');
    await this.#player.before(exchange);
    identities.keep(exchange.path + sentText);
    const response = await fetch(service.url + this.#translate(exchange.path), {
      method: exchange.method,
      headers: this.#headers(exchange, service.authorization),
      ...(exchange.method === 'GET' || exchange.method === 'HEAD'
        ? {}
        : { body: this.#body(exchange, exchange.sent) }),
      redirect: 'manual',
      signal: AbortSignal.timeout(60_000),
    });
    const body = new Uint8Array(await response.arrayBuffer());
    const reasons: string[] = [];
    if (response.status !== exchange.status)
      reasons.push(`status ${exchange.status} became ${response.status}`);
    else if (exchange.received !== undefined) reasons.push(...this.#compare(exchange.received, body));
    this.played.push({ exchange, outcome: reasons.length === 0 ? 'same' : 'differs', reasons });
  }

  #headers(exchange: Exchange, authorization: string | undefined): Record<string, string> {
    const kept = ['content-type', 'x-content-encoding', 'content-encoding', 'accept'];
    const headers = [...exchange.requestHeaders].filter(([name]) => kept.includes(name));
    return { ...Object.fromEntries(headers), ...(authorization === undefined ? {} : { authorization }) };
  }

  #body(exchange: Exchange, sent: Uint8Array): Uint8Array<ArrayBuffer> {
    const text = Buffer.from(sent).toString('utf8');
    const binary = Buffer.compare(Buffer.from(text, 'utf8'), sent) !== 0;
    const bytes = binary ? Buffer.from(sent) : Buffer.from(this.#translate(text), 'utf8');
    return new Uint8Array(
      exchange.requestHeaders.get('x-content-encoding') === 'gzip' ? gzipSync(bytes) : bytes,
    );
  }

  #compare(recorded: Uint8Array, ours: Uint8Array): readonly string[] {
    try {
      const before = meaningOf(Buffer.from(recorded));
      const after = meaningOf(Buffer.from(this.#recordedAddresses(ours)));
      return differences(this.#player.comparison, before, after);
    } catch (error) {
      return [`cannot be read: ${error instanceof Error ? error.message : String(error)}`];
    }
  }

  /** Ids and addresses of the recording as they are here. */
  #translate(text: string): string {
    let translated = this.#player.identities.translate(text);
    for (const [recorded, ours] of this.#player.addresses) {
      translated = translated.replaceAll(recorded, ours);
      translated = translated.replaceAll(recorded.replace(':', '%3a'), ours.replace(':', '%3a'));
      const [, recordedPort = ''] = recorded.split(':');
      const [, port = ''] = ours.split(':');
      translated = translated.replaceAll(`serverHttpPort=${recordedPort}&`, `serverHttpPort=${port}&`);
    }
    return translated;
  }

  #recordedAddresses(body: Uint8Array): Uint8Array {
    const text = Buffer.from(body).toString('utf8');
    if (Buffer.compare(Buffer.from(text, 'utf8'), body) !== 0) return body;
    let translated = text;
    for (const [recorded, ours] of this.#player.addresses) {
      const [, recordedPort = ''] = recorded.split(':');
      const [, port = ''] = ours.split(':');
      translated = translated
        .replaceAll(ours, recorded)
        .replaceAll(`<serverHttpPort>${port}<`, `<serverHttpPort>${recordedPort}<`)
        .replaceAll(`<string>${port}</string>`, `<string>${recordedPort}</string>`);
    }
    return Buffer.from(translated, 'utf8');
  }
}

function unzipped(body: Uint8Array): Uint8Array {
  return body[0] === 0x1f && body[1] === 0x8b ? gunzipSync(body) : body;
}

function callsSimulators(exchange: Exchange): boolean {
  return exchange.service.endsWith('-public') && exchange.method === 'POST';
}

/** Of the two grids of a Hypergrid journey: both are played here, and ask each other. */
function isAskedByGrids({ path, sent }: Exchange): boolean {
  return path.startsWith('/foreignagent') || textOf(sent).includes('<methodName>verify_agent<');
}

function isAgentCall(exchange: Exchange): boolean {
  if (!exchange.service.includes('simulator')) return false;
  return (
    exchange.method === 'QUERYACCESS' || (exchange.method === 'POST' && /^\/(agent\/|$)/.test(exchange.path))
  );
}

/** The name of what was asked, for reports. */
export function methodOf(path: string, body: string): string {
  const form = /(?:^|&)METHOD=([A-Za-z_]+)/.exec(body)?.[1];
  const xmlRpc = /<methodName>([^<]+)</.exec(body)?.[1];
  const json = /"method":\s*"([^"]+)"/.exec(body)?.[1];
  return form ?? xmlRpc ?? json ?? path;
}
