/**
 * Form bodies as simulators send them to grid services (`application/x-www-form-urlencoded` in .NET's spelling).
 * Source of the rules: OpenSim/Server/Base/ServerUtils.cs, ParseQueryString and BuildQueryString.
 */

export interface FormLimits {
  /** Bytes of the body. Map tiles travel in forms, in base64. */
  readonly bytesMax: number;
  /** Terms between ampersands. */
  readonly fieldsMax: number;
}

export const defaultFormLimits: FormLimits = { bytesMax: 16 * 1024 * 1024, fieldsMax: 20_000 };

/** A form body that passes a limit; nothing else in one can be wrong. */
export class FormError extends Error {
  override readonly name = 'FormError';
}

export type FormValue = string | readonly string[];

/** Fields by name. A field is text or, when its name was sent with `[]`, a list. */
export class Form {
  readonly fields: ReadonlyMap<string, FormValue>;

  constructor(fields: ReadonlyMap<string, FormValue>) {
    this.fields = fields;
  }

  /** The text of a field, or undefined when it is absent or a list. */
  text(name: string): string | undefined {
    const value = this.fields.get(name);
    return typeof value === 'string' ? value : undefined;
  }

  /** The entries of a list, or undefined when it is absent or a single text. */
  list(name: string): readonly string[] | undefined {
    const value = this.fields.get(name);
    return typeof value === 'string' ? undefined : value;
  }
}

/** Reads a body. Of several fields of one name the first counts, of `name[]` all. Throws FormError past a limit. */
export function readForm(body: Uint8Array | string, limits: Partial<FormLimits> = {}): Form {
  const { bytesMax, fieldsMax } = { ...defaultFormLimits, ...limits };
  const bytes = typeof body === 'string' ? Buffer.byteLength(body, 'utf8') : body.length;
  if (bytes > bytesMax) throw new FormError(`a form of more than the ${bytesMax} bytes allowed`);
  const text = (typeof body === 'string' ? body : utf8Text(body)).trim();
  const fields = new Map<string, FormValue>();
  const lists = new Map<string, string[]>();
  let from = 0;
  for (let count = 1; from <= text.length; count++) {
    if (count > fieldsMax) throw new FormError(`a form of more than the ${fieldsMax} fields allowed`);
    const end = text.indexOf('&', from);
    const to = end === -1 ? text.length : end;
    addTerm(text.slice(from, to), fields, lists);
    from = to + 1;
  }
  return new Form(fields);
}

/** Bytes that are no UTF-8 become U+FFFD, as in .NET. */
function utf8Text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}

function addTerm(term: string, fields: Map<string, FormValue>, lists: Map<string, string[]>): void {
  // What follows a second '=' is dropped, as OpenSimulator does; senders escape it.
  const [rawName = '', rawValue = ''] = term.split('=', 2);
  const name = decodeFormText(rawName);
  if (name === '') return;
  if (!name.endsWith('[]')) {
    if (!fields.has(name)) fields.set(name, decodeFormText(rawValue));
    return;
  }
  const listName = name.slice(0, -2);
  const list = lists.get(listName);
  if (list !== undefined) list.push(decodeFormText(rawValue));
  else if (!fields.has(listName)) {
    const begun = [decodeFormText(rawValue)];
    lists.set(listName, begun);
    fields.set(listName, begun);
  }
}

/** Undoes percent encoding. What is no escape stays as it is, bytes that are no UTF-8 become U+FFFD, as in .NET. */
export function decodeFormText(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced.replace(/(?:%[0-9a-fA-F]{2})+/g, (escapes) =>
      Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8'),
    );
  }
}

/** Percent encoding as .NET does it: `+` for a space, lower-case hexadecimal, `- _ . ! * ( )` as they are. */
export function encodeFormText(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/%[0-9A-F]{2}|[~']/g, (escape) => {
    if (escape === '%20') return '+';
    if (escape === '~') return '%7e';
    if (escape === "'") return '%27';
    return escape.toLowerCase();
  });
}

/** Writes a body in the order given; an empty value is the bare name, a list repeats `name[]`. */
export function writeForm(fields: Iterable<readonly [string, FormValue]>): string {
  const terms: string[] = [];
  for (const [name, value] of fields) {
    const encoded = encodeFormText(name);
    if (typeof value !== 'string')
      for (const entry of value) terms.push(`${encoded}[]=${encodeFormText(entry)}`);
    else terms.push(value === '' ? encoded : `${encoded}=${encodeFormText(value)}`);
  }
  return terms.join('&');
}
