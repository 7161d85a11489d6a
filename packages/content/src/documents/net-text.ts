/** Values in the text forms of .NET that settings, parcels and items use. */
import { FieldError, parseLooseUuid } from './field-values.ts';
import type { Uuid } from '@gridkeep/wire/uuid';
import { tryParseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import { quoted } from './document-error.ts';

/** Boolean.Parse: true or false in any case, nothing else. */
export function parseNetBoolean(text: string): boolean {
  const bare = text.trim().toLowerCase();
  if (bare === 'true') return true;
  if (bare === 'false') return false;
  throw new FieldError(`${quoted(text)} is neither True nor False`);
}

export function formatNetBoolean(value: boolean): string {
  return value ? 'True' : 'False';
}

/** UUID.Parse: unlike the readers of scene objects it refuses what is no id. */
export function parseNetUuid(text: string): Uuid {
  const bare = text.trim();
  const id = tryParseUuid(bare) ?? parseLooseUuid(bare);
  if (id === zeroUuid && !/^[0-]+$/.test(bare)) throw new FieldError(`${quoted(text)} is no UUID`);
  return id;
}

/** The shortest decimal that reads back as the same number, with the exponent as .NET writes it. */
export function formatNetDouble(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} is not a finite number`);
  return String(value).replace('e', 'E');
}
