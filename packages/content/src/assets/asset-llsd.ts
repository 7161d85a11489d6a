/** LLSD as assets hold it: any of its forms, text forms perhaps with a NUL at the end. */
import { readLlsdBinaryPrefix } from '@gridkeep/wire/llsd/binary-reader';
import { detectLlsdForm, readLlsd } from '@gridkeep/wire/llsd/detect';
import type { LlsdValue } from '@gridkeep/wire/llsd/value';
import { LlsdUuid, isLlsdArray, isLlsdMap } from '@gridkeep/wire/llsd/value';
import type { Uuid } from '@gridkeep/wire/uuid';
import { tryParseUuid } from '@gridkeep/wire/uuid';

/** Throws LlsdError. Bytes after a value in binary form are ignored, as simulators do. */
export function readAssetLlsd(bytes: Uint8Array): LlsdValue {
  if (detectLlsdForm(bytes) === 'binary') return readLlsdBinaryPrefix(bytes).value;
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return readLlsd(bytes.subarray(0, end));
}

/** An id as such or as text; undefined for anything else. */
export function llsdId(value: LlsdValue): Uuid | undefined {
  if (value instanceof LlsdUuid) return value.id;
  return typeof value === 'string' ? tryParseUuid(value.trim()) : undefined;
}

/** Visits every value inside a value, itself included, with its key where it stands in a map. Depth is that of the reader. */
export function visitLlsd(
  value: LlsdValue,
  visit: (value: LlsdValue, key: string | undefined) => void,
  key?: string,
): void {
  visit(value, key);
  if (isLlsdMap(value)) for (const [name, member] of value) visitLlsd(member, visit, name);
  else if (isLlsdArray(value)) for (const member of value) visitLlsd(member, visit);
}
