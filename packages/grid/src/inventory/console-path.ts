/** Paths as the simulator's console and archives' commands write them: `/` separates, `\/` and `\\` stand for themselves. */

export interface ConsolePath {
  /** Names from below the root; none for the root itself. */
  readonly names: readonly string[];
  /** The path ended in `*`: what is inside, without the folder itself. */
  readonly contentsOnly: boolean;
}

/** Names in a path; deeper ones are refused before anything is looked up. */
const namesMax = 200;

/** Empty names, as of a doubled or trailing separator, do not count. Throws a RangeError for a path that is too long. */
export function parseConsolePath(path: string): ConsolePath {
  const names: string[] = [];
  let name = '';
  let starred = false;
  const end = (): void => {
    if (name !== '') names.push(name);
    name = '';
  };
  for (let at = 0; at < path.length; at++) {
    const character = path[at];
    const next = path[at + 1];
    if (character === '\\' && (next === '/' || next === '\\')) {
      name += next;
      at++;
    } else if (character === '/') end();
    else if (character === '*' && at === path.length - 1 && name === '') starred = true;
    else name += character;
  }
  end();
  if (names.length > namesMax)
    throw new RangeError(`an inventory path of ${names.length} names, more than the ${namesMax} allowed`);
  return { names, contentsOnly: starred };
}

/** The name as one segment of a path. */
export function escapeConsoleName(name: string): string {
  return name.replace(/[\\/]/g, '\\$&');
}
