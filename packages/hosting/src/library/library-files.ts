/** The files of a library, of which none may lie outside of its folder. */
import { open, realpath } from 'node:fs/promises';
import { join, posix, sep } from 'node:path';
import type { LibraryFindings } from './library-findings.ts';
import { NiniError, parseNini } from './nini-xml.ts';
import type { NiniSection } from './nini-xml.ts';

const configurationBytesMax = 8 * 1024 * 1024;

export class LibraryFiles {
  readonly #root: string;
  readonly #findings: LibraryFindings;

  private constructor(root: string, findings: LibraryFindings) {
    this.#root = root;
    this.#findings = findings;
  }

  /** Throws LibraryImportError when there is no such folder. */
  static async open(folder: string, findings: LibraryFindings): Promise<LibraryFiles> {
    const root = await realpath(folder).catch(() => undefined);
    if (root === undefined) findings.error(folder, '', 'there is no such folder');
    findings.refuse();
    return new LibraryFiles(root ?? folder, findings);
  }

  /**
   * A path that a file names, relative to the folder in which that file lies; as a path below the library's folder.
   * Undefined, with a finding, when it leads out of that.
   */
  resolve(file: string, entry: string, path: string): string | undefined {
    const plain = path.replaceAll('\\', '/');
    const joined = posix.normalize(posix.join(posix.dirname(file), plain));
    const leaves = joined === '..' || joined.startsWith('../') || posix.isAbsolute(plain);
    if (!leaves && !/^[a-z]:|\0/i.test(plain)) return joined;
    this.#findings.error(file, entry, `${JSON.stringify(path.slice(0, 200))} leads out of the folder`);
    return undefined;
  }

  /** The sections of a file; none, with a finding, when it cannot be read. */
  async sections(file: string): Promise<readonly NiniSection[]> {
    const bytes = await this.read(file, '', file, configurationBytesMax);
    if (bytes === undefined) return [];
    try {
      return parseNini(Buffer.from(bytes).toString('utf8'));
    } catch (error) {
      if (!(error instanceof NiniError)) throw error;
      this.#findings.error(file, '', error.message);
      return [];
    }
  }

  /** The whole file; undefined, with a finding at `file` and `entry`, when it is missing, no file, elsewhere or too large. */
  async read(file: string, entry: string, path: string, bytesMax: number): Promise<Uint8Array | undefined> {
    const refuse = (message: string) => this.#findings.error(file, entry, message);
    const shown = JSON.stringify(path.slice(0, 200));
    let handle;
    try {
      const real = await realpath(join(this.#root, path));
      if (!real.startsWith(this.#root + sep)) return void refuse(`${shown} leads out of the folder`);
      handle = await open(real, 'r');
      const stat = await handle.stat();
      if (!stat.isFile()) return void refuse(`${shown} is no file`);
      if (stat.size > bytesMax)
        return void refuse(`${shown} has ${stat.size} bytes, more than the ${bytesMax} allowed`);
      return await handle.readFile();
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (typeof code !== 'string') throw error;
      return void refuse(
        code === 'ENOENT' ? `there is no file ${shown}` : `${shown} cannot be read: ${code}`,
      );
    } finally {
      await handle?.close();
    }
  }
}
