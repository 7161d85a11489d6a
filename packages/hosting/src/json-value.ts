import type { Json } from '@gridkeep/storage/jobs/jobs';

/** A plain value as JSON has it: absent where undefined, so that a report can be a job's result. */
export function asJson(value: unknown): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('a number that is not finite has no JSON');
    return value;
  }
  if (Array.isArray(value)) return value.map((element) => asJson(element ?? null));
  if (typeof value === 'object') {
    const fields: { [key: string]: Json } = {};
    for (const [key, field] of Object.entries(value)) if (field !== undefined) fields[key] = asJson(field);
    return fields;
  }
  throw new TypeError(`a ${typeof value} has no JSON`);
}
