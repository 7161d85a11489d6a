/** What a body says, without how it says it: trees of texts, members and lists, whatever the notation was. */
import { readLlsd } from '@gridkeep/wire/llsd/detect';
import { LlsdDate, LlsdReal, LlsdUri, LlsdUuid } from '@gridkeep/wire/llsd/value';
import type { LlsdValue } from '@gridkeep/wire/llsd/value';
import { readReply } from '@gridkeep/wire/robust/reply';
import { readXmlRpcRequest, readXmlRpcResponse } from '@gridkeep/wire/xmlrpc/reader';
import type { XmlRpcValue } from '@gridkeep/wire/xmlrpc/value';
import { parseXml } from '@gridkeep/wire/xml-tree';
import type { XmlElement } from '@gridkeep/wire/xml-tree';

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export type Meaning = string | Members | readonly Meaning[];
export interface Members {
  readonly members: ReadonlyMap<string, Meaning>;
}

export function isMembers(meaning: Meaning): meaning is Members {
  return typeof meaning === 'object' && 'members' in meaning;
}

/** Throws what the reader of its notation throws. */
export function meaningOf(body: Uint8Array): Meaning {
  const text = Buffer.from(body)
    .toString('utf8')
    .replace(/^\ufeff/, '');
  const head = text.trimStart().slice(0, 400);
  if (body.length === 0) return '';
  if (head.includes('<ServerResponse')) return meaningOfReply(readReply(text));
  if (head.includes('<methodResponse')) return meaningOfXmlRpc(body);
  if (head.includes('<methodCall')) return meaningOfCall(body);
  if (head.startsWith('<llsd>') || head.startsWith('<?llsd')) return meaningOfLlsd(readLlsd(body));
  if (head.startsWith('{')) return meaningOfJson(JSON.parse(text));
  if (head.startsWith('<?xml') || /^<[A-Za-z]+[ >]/.test(head)) return tryXml(text);
  return Buffer.from(body).toString('latin1');
}

function tryXml(text: string): Meaning {
  // Pages for people are no XML.
  return /<html/i.test(text) ? text : meaningOfElement(parseXml(text));
}

/** `region0`, `region1`, … are a list under one name; `F_<uuid>` stay apart. */
function membersOf(entries: Iterable<readonly [string, Meaning]>): Meaning {
  const members = new Map<string, Meaning>();
  const lists = new Map<string, Meaning[]>();
  for (const [name, value] of entries) {
    const stem = /^([A-Za-z]+?[-_]?)\d+$/.exec(name)?.[1];
    if (stem === undefined || (typeof value === 'string' && !uuidForm.test(value))) {
      members.set(name, value);
      continue;
    }
    const list = lists.get(stem) ?? [];
    lists.set(stem, [...list, value]);
  }
  for (const [stem, list] of lists) members.set(`${stem}*`, list);
  return { members };
}

type ReadReply = ReturnType<typeof readReply>;

function meaningOfReply(reply: ReadReply): Meaning {
  return membersOf(
    [...reply].map(([name, value]) => [name, typeof value === 'string' ? value : meaningOfReply(value)]),
  );
}

function meaningOfXmlRpc(body: Uint8Array): Meaning {
  const response = readXmlRpcResponse(body, { bytesMax: 64 * 1024 * 1024 });
  if (response.kind === 'value') return meaningOfLlsd(response.value);
  return membersOf([['faultCode', String(response.fault.code)]]);
}

function meaningOfCall(body: Uint8Array): Meaning {
  const { method, parameters } = readXmlRpcRequest(body, { bytesMax: 64 * 1024 * 1024 });
  return membersOf([
    ['methodName', method],
    ['parameters', parameters.map(meaningOfLlsd)],
  ]);
}

function meaningOfLlsd(value: LlsdValue | XmlRpcValue): Meaning {
  if (value === undefined || value === null) return '';
  if (value instanceof LlsdReal) return String(Math.fround(value.value));
  if (value instanceof LlsdUuid) return value.id;
  if (value instanceof LlsdDate) return 'a date';
  if (value instanceof LlsdUri) return value.text;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Map) return membersOf([...value].map(([key, one]) => [key, meaningOfLlsd(one)]));
  if (Array.isArray(value)) return value.map(meaningOfLlsd);
  return String(value);
}

function meaningOfJson(value: unknown): Meaning {
  if (value === null) return '';
  if (Array.isArray(value)) return value.map(meaningOfJson);
  if (typeof value === 'object')
    // Members with the default of their type are as good as absent.
    return membersOf(
      Object.entries(value)
        .map(([key, one]) => [key, meaningOfJson(one)] as const)
        .filter(
          ([, one]) => !['', 'false', '0', '00000000-0000-0000-0000-000000000000'].some((d) => d === one),
        ),
    );
  return String(value);
}

function meaningOfElement(element: XmlElement): Meaning {
  if (element.children.length === 0) return element.text;
  const names = new Set(element.children.map((child) => child.name));
  if (names.size === 1 && element.children.length > 1) return element.children.map(meaningOfElement);
  return { members: new Map(element.children.map((child) => [child.name, meaningOfElement(child)])) };
}
