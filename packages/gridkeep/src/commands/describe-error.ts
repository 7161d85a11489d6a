import { TenantError } from '@gridkeep/hosting/tenants/grid';
import { ConfigurationError } from '../configuration/setting-rules.ts';
import { DataFolderInUseError } from '../data-folder/data-lock.ts';
import { CommandError } from './command.ts';

/** An error as programs and people get it: a stable code and one sentence. */
export interface ErrorDescription {
  readonly code: string;
  readonly message: string;
}

/** `expected` is false for what points to a fault of ours: worth a stack trace in the log. */
export function describeError(error: unknown): ErrorDescription & { readonly expected: boolean } {
  if (error instanceof CommandError || error instanceof TenantError)
    return { code: error.code, message: error.message, expected: true };
  if (error instanceof ConfigurationError)
    return { code: 'configuration', message: error.message, expected: true };
  if (error instanceof DataFolderInUseError)
    return { code: 'in-use', message: error.message, expected: true };
  if (error instanceof Error) {
    // Errors of other packages and of Node.js carry a code or a class name that says what they are about.
    const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
    const named = error.name !== 'Error' && error.name !== 'TypeError';
    return {
      code: code ?? (named ? codeOfName(error.name) : 'failed'),
      message: error.message,
      expected: named || code !== undefined,
    };
  }
  return { code: 'failed', message: String(error), expected: false };
}

/** 'ArchiveError' becomes 'archive', 'BlobDamagedError' becomes 'blob-damaged'. */
function codeOfName(name: string): string {
  return name
    .replace(/Error$/, '')
    .replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-')
    .toLowerCase();
}
