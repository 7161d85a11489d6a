/** Configuration files of OpenSimulator (Nini's INI). */

export interface IniSection {
  readonly name: string;
  /** In the order in which they are written. */
  readonly keys: readonly IniKey[];
}

/** A text, a switch or a number; undefined leaves the key out. A comment stands above its key. */
export type IniKey = readonly [name: string, value: IniValue | undefined, comment?: string];
export type IniValue = string | boolean | number;

/** Comments of the head stand at the beginning, one line each. Sections of one name become one: Nini takes no second. */
export function writeIni(head: readonly string[], sections: readonly IniSection[]): string {
  const merged = Array.from(
    Map.groupBy(sections, (section) => section.name),
    ([name, parts]) => ({ name, keys: parts.flatMap((part) => part.keys) }),
  );
  const blocks = merged.flatMap(({ name, keys }) => {
    const lines = keys.flatMap(([key, value, comment]) =>
      value === undefined
        ? []
        : [...(comment === undefined ? [] : [`    ; ${comment}`]), `    ${key} = ${iniValue(value)}`],
    );
    return lines.length === 0 ? [] : [[`[${iniName(name)}]`, ...lines].join('\n')];
  });
  return `${[head.map((line) => `; ${line}`.trimEnd()).join('\n'), ...blocks].join('\n\n')}\n`;
}

/** In quotes, so that a semicolon begins no comment. What would end the quotes, or be taken for a reference, is replaced. */
function iniValue(value: IniValue): string {
  if (typeof value !== 'string') return String(value);
  const plain = value
    .replaceAll(/[\u0000-\u001f\u007f]/g, ' ')
    .replaceAll('"', "'")
    .replaceAll('${', '$ {');
  return `"${plain}"`;
}

function iniName(name: string): string {
  return name.replaceAll(/[[\]\u0000-\u001f\u007f;"]/g, ' ').trim();
}
