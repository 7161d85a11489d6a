/** Days, weeks and months as a grid's time zone has them. */

export type PointKind = 'day' | 'week' | 'month';
export const pointKinds: readonly PointKind[] = ['day', 'week', 'month'];

export const dayMs = 86_400_000;

/** Names the periods that instants fall into: `2026-11-23`, the Monday of the week, `2026-11`. */
export class Calendar {
  readonly #format: Intl.DateTimeFormat;

  /** Throws RangeError for a zone that the runtime does not know. */
  constructor(zone: string) {
    this.#format = new Intl.DateTimeFormat('en-US-u-ca-iso8601', {
      timeZone: zone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    });
  }

  period(kind: PointKind, at: number): string {
    const { year, month, day } = this.#date(at);
    switch (kind) {
      case 'day':
        return isoDate(Date.UTC(year, month - 1, day));
      case 'week': {
        const date = Date.UTC(year, month - 1, day);
        const daysSinceMonday = (new Date(date).getUTCDay() + 6) % 7;
        return isoDate(date - daysSinceMonday * dayMs);
      }
      case 'month':
        return isoDate(Date.UTC(year, month - 1, 1)).slice(0, -3);
    }
  }

  #date(at: number): { year: number; month: number; day: number } {
    const date = { year: 0, month: 0, day: 0 };
    for (const { type, value } of this.#format.formatToParts(at))
      if (type === 'year' || type === 'month' || type === 'day') date[type] = Number(value);
    return date;
  }
}

function isoDate(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
