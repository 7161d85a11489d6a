/** What is wrong with a library that is to be imported: file, entry and rule, for whoever has to mend it. */

export interface LibraryFinding {
  /** An error keeps the library out, a warning does not. */
  readonly severity: 'error' | 'warning';
  /** Below the folder that is imported. */
  readonly file: string;
  /** Name of the section; '' for the file as a whole. */
  readonly entry: string;
  readonly message: string;
}

/** Kept of each severity; the rest is counted. */
const listedMax = 1000;

export class LibraryFindings {
  readonly listed: LibraryFinding[] = [];
  errors = 0;
  warnings = 0;

  error(file: string, entry: string, message: string): void {
    if (this.errors++ < listedMax) this.listed.push({ severity: 'error', file, entry, message });
  }

  warn(file: string, entry: string, message: string): void {
    if (this.warnings++ < listedMax) this.listed.push({ severity: 'warning', file, entry, message });
  }

  /** Throws LibraryImportError when there was any error. */
  refuse(): void {
    if (this.errors > 0) throw new LibraryImportError(this);
  }
}

/** Nothing was imported. The message names the first faults. */
export class LibraryImportError extends Error {
  override readonly name = 'LibraryImportError';
  readonly findings: readonly LibraryFinding[];

  constructor(findings: LibraryFindings) {
    const errors = findings.listed.filter((finding) => finding.severity === 'error');
    const lines = errors.slice(0, 20).map(findingText);
    const more = findings.errors > lines.length ? [`and ${findings.errors - lines.length} more`] : [];
    super(`the library cannot be imported: ${[...lines, ...more].join('; ')}`);
    this.findings = findings.listed;
  }
}

export function findingText({ file, entry, message }: LibraryFinding): string {
  return `${file}${entry === '' ? '' : ` [${entry}]`}: ${message}`;
}
