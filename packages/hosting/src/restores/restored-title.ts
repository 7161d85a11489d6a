/** What is restored beside is named by the time of its snapshot, in UTC: `Restored 2026-11-20 03:00`. */
export function restoredTitle(snapshotTime: number): string {
  const iso = new Date(snapshotTime).toISOString();
  return `Restored ${iso.slice(0, 10)} ${iso.slice(11, 16)}`;
}
