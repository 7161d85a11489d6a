/**
 * Where the running server listens for commands: a socket in the data folder, or, where that path is longer than the
 * operating system's address can hold, a socket in a private temporary folder that a file in the data folder names.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const socketFile = 'gridkeep.sock';
const pointerFile = 'gridkeep.sock.path';
/** sun_path has 108 bytes on Linux and 104 on macOS and the BSDs, the final NUL included. */
const socketPathBytesMax = 103;

function ownPath(folder: string): string | undefined {
  const path = join(folder, socketFile);
  return Buffer.byteLength(path) <= socketPathBytesMax ? path : undefined;
}

/** The path that a server would listen on, or undefined when none has run here. */
export function findControlSocket(folder: string): string | undefined {
  const own = ownPath(folder);
  if (own !== undefined) return own;
  try {
    return readFileSync(join(folder, pointerFile), 'utf8');
  } catch {
    return undefined;
  }
}

/** A path to listen on, free of what a killed predecessor left. Only the holder of the data folder's lock may call this. */
export function claimControlSocket(folder: string): string {
  removeControlSocket(folder);
  const own = ownPath(folder);
  if (own !== undefined) return own;
  // mkdtemp makes the folder with mode 0700.
  const path = join(mkdtempSync(join(tmpdir(), 'gridkeep-')), socketFile);
  writeFileSync(join(folder, pointerFile), path, { mode: 0o600 });
  return path;
}

/** Removes the socket and what leads to it. */
export function removeControlSocket(folder: string): void {
  const own = ownPath(folder);
  if (own !== undefined) {
    rmSync(own, { force: true });
    return;
  }
  const path = findControlSocket(folder);
  if (path !== undefined && path.endsWith(`/${socketFile}`)) {
    rmSync(path, { force: true });
    rmSync(dirname(path), { recursive: true, force: true });
  }
  rmSync(join(folder, pointerFile), { force: true });
}
