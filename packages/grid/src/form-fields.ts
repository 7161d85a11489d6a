/** The fields of a form with their types. Every getter without a default throws FormFieldError, which names the field. */
import type { Form } from '@gridkeep/wire/robust/form';
import { tryParseUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { tryParseVector3 } from '@gridkeep/wire/vector';
import type { Vector3 } from '@gridkeep/wire/vector';
import { tryParseUserText } from './user-text.ts';
import type { UserText } from './user-text.ts';

/** A field is missing, or its text is not what it must be. The message never holds the text. */
export class FormFieldError extends Error {
  override readonly name = 'FormFieldError';
}

export class FormFields {
  readonly form: Form;

  constructor(form: Form) {
    this.form = form;
  }

  /** Undefined when the field is absent or a list. Never with U+0000, which databases do not take. */
  optionalText(name: string): string | undefined {
    const text = this.form.text(name);
    return text === undefined ? undefined : withoutNul(text);
  }

  /** As `optionalText`. */
  text(name: string): string {
    return require(this.optionalText(name), name, 'is missing');
  }

  uuid(name: string): Uuid {
    return require(tryParseUuid(this.text(name).trim()), name, 'is no UUID');
  }

  /** A UUID, or the identifier of a user of another grid. */
  user(name: string): UserText {
    return require(tryParseUserText(this.text(name)), name, 'names no user');
  }

  /** For a field that may be absent, or be no UUID, without harm. */
  uuidOr<T>(name: string, otherwise: T): Uuid | T {
    return tryParseUuid((this.form.text(name) ?? '').trim()) ?? otherwise;
  }

  /** A whole number of at most 53 bits. */
  whole(name: string): number {
    return require(parseWhole(this.text(name)), name, 'is no whole number');
  }

  wholeOr(name: string, otherwise: number): number {
    return parseWhole(this.form.text(name) ?? '') ?? otherwise;
  }

  /** A whole number of 32 bits with a sign, which is all that simulators can read back. */
  int32(name: string): number {
    const value = this.whole(name);
    return require(value === (value | 0) ? value : undefined, name, 'has more than 32 bits');
  }

  /** Absent is `otherwise`; anything else must be right. */
  int32Or(name: string, otherwise: number): number {
    return this.form.fields.has(name) ? this.int32(name) : otherwise;
  }

  /** A finite number with a decimal point. */
  real(name: string): number {
    return require(parseReal(this.text(name)), name, 'is no number');
  }

  /** `True` or `False` in any case, or 1 and 0. */
  flag(name: string): boolean {
    return require(parseFlag(this.text(name)), name, 'is neither True nor False');
  }

  flagOr(name: string, otherwise: boolean): boolean {
    return parseFlag(this.form.text(name) ?? '') ?? otherwise;
  }

  vectorOr<T>(name: string, otherwise: T): Vector3 | T {
    return tryParseVector3(this.form.text(name) ?? '') ?? otherwise;
  }

  /** The entries of `name[]`. */
  list(name: string): readonly string[] {
    return require(this.form.list(name), name, 'is missing or no list').map(withoutNul);
  }

  /** The entries of `name[]`; one that is no UUID is an error. */
  uuids(name: string): readonly Uuid[] {
    return this.list(name).map((text) => require(tryParseUuid(text.trim()), name, 'holds what is no UUID'));
  }
}

function withoutNul(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '') : text;
}

function require<T>(value: T | undefined, name: string, what: string): T {
  if (value === undefined) throw new FormFieldError(`field ${name} ${what}`);
  return value;
}

function parseWhole(text: string): number | undefined {
  const trimmed = text.trim();
  const value = /^[+-]?\d{1,16}$/.test(trimmed) ? Number(trimmed) : NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

function parseReal(text: string): number | undefined {
  const trimmed = text.trim();
  const value = /^[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,3})?$/.test(trimmed)
    ? Number(trimmed)
    : NaN;
  return Number.isFinite(value) ? value : undefined;
}

function parseFlag(text: string): boolean | undefined {
  switch (text.trim().toLowerCase()) {
    case 'true':
    case '1':
      return true;
    case 'false':
    case '0':
      return false;
    default:
      return undefined;
  }
}
