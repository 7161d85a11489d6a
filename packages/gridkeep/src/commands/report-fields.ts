/** Fields of what a job reported, as far as they are there: a job of another version may have written less. */

export function numberField(report: unknown, name: string): number | undefined {
  const value = fieldOf(report, name);
  return typeof value === 'number' ? value : undefined;
}

export function textField(report: unknown, name: string): string | undefined {
  const value = fieldOf(report, name);
  return typeof value === 'string' ? value : undefined;
}

export function objectsField(report: unknown, name: string): readonly Readonly<Record<string, unknown>>[] {
  const value = fieldOf(report, name);
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** The field as text for a person; '' when there is none. */
export function reportText(report: unknown, name: string): string {
  const value = fieldOf(report, name);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

export function fieldOf(report: unknown, name: string): unknown {
  return isRecord(report) ? report[name] : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
