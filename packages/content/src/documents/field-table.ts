/** Elements of a document read by a table of names; unknown names are left to the caller, the last of a name counts. */
import type { Uuid } from '@gridkeep/wire/uuid';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Quaternion, Vector3 } from '@gridkeep/wire/vector';
import { identityRotation, zeroVector } from '@gridkeep/wire/vector';
import type { XmlElement } from '@gridkeep/wire/xml-tree';
import type { Color } from './field-values.ts';
import { FieldError, readUuid } from './field-values.ts';

export type FieldValue =
  string | number | bigint | boolean | Vector3 | Quaternion | Color | Uint8Array | undefined;

export type FieldReader = (element: XmlElement) => FieldValue;

export type FieldTable = ReadonlyMap<string, FieldReader>;

const noBytes = new Uint8Array(0);

function isObject(value: FieldValue): value is Vector3 | Quaternion | Color | Uint8Array {
  return typeof value === 'object';
}

/** What was read, by name; a getter gives its default where the element is absent or of another form. */
export class FieldValues {
  readonly #values = new Map<string, FieldValue>();
  readonly #ids = new Map<string, Uuid>();

  set(name: string, value: FieldValue): void {
    this.#values.set(name, value);
  }

  setId(name: string, id: Uuid): void {
    this.#ids.set(name, id);
  }

  has(name: string): boolean {
    return this.#values.has(name) || this.#ids.has(name);
  }

  id(name: string): Uuid {
    return this.#ids.get(name) ?? zeroUuid;
  }

  text(name: string, absent = ''): string {
    const value = this.#values.get(name);
    return typeof value === 'string' ? value : absent;
  }

  number(name: string, absent = 0): number {
    const value = this.#values.get(name);
    return typeof value === 'number' ? value : absent;
  }

  boolean(name: string, absent = false): boolean {
    const value = this.#values.get(name);
    return typeof value === 'boolean' ? value : absent;
  }

  vector(name: string, absent = zeroVector): Vector3 {
    const value = this.#values.get(name);
    return isObject(value) && 'z' in value ? value : absent;
  }

  rotation(name: string, absent = identityRotation): Quaternion {
    const value = this.#values.get(name);
    return isObject(value) && 'w' in value ? value : absent;
  }

  bytes(name: string): Uint8Array {
    const value = this.#values.get(name);
    return value instanceof Uint8Array ? value : noBytes;
  }
}

/** Called for an element whose value was refused; returns when it may be passed over, throws otherwise. */
export type OnFieldError = (error: FieldError, element: XmlElement) => void;

/** Reads the children of an element that the table names; the others are given to `onUnknown`. */
export function readFields(
  parent: XmlElement,
  table: FieldTable,
  onError: OnFieldError,
  onUnknown: (element: XmlElement) => void = () => undefined,
): FieldValues {
  const values = new FieldValues();
  for (const element of parent.children) {
    const reader = table.get(element.name);
    if (reader === undefined) {
      onUnknown(element);
      continue;
    }
    try {
      if (reader === readUuid) values.setId(element.name, readUuid(element));
      else values.set(element.name, reader(element));
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      onError(error, element);
    }
  }
  return values;
}
