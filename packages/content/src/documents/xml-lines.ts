/**
 * XML as .NET's XmlTextWriter lays it out in archives: a declaration that says utf-16, two spaces per level, line feeds,
 * `<Name />` for an element without content. The loader needs the white space: it reads past a node after each value.
 */
import { escapeXml } from '@gridkeep/wire/xml-tree';

/** Text, or elements inside; `[name, '']` is an empty element. */
export type XmlNode = readonly [name: string, content: string | readonly XmlNode[]];

export const declaration = '<?xml version="1.0" encoding="utf-16"?>';

/**
 * Text as an ASCII reader decodes it: what is not ASCII becomes a numeric character reference. The loader reads control
 * files, settings and inventory items as ASCII, where each byte of UTF-8 would turn into a question mark.
 */
export function asciiXml(text: string): string {
  return escapeXml(text).replace(
    /[^\0-\x7f]/gu,
    (character) => `&#x${(character.codePointAt(0) ?? 0xfffd).toString(16).toUpperCase()};`,
  );
}

/** One document with line breaks. `attributes` stands in the root's tag as it is given. */
export function xmlLines(root: XmlNode, escape: (text: string) => string, attributes = ''): string {
  return `${declaration}\n${lines(root, '', escape, attributes)}`;
}

function lines(node: XmlNode, indent: string, escape: (text: string) => string, attributes: string): string {
  const [name, content] = node;
  if (content.length === 0) return `${indent}<${name}${attributes} />`;
  if (typeof content === 'string') return `${indent}<${name}${attributes}>${escape(content)}</${name}>`;
  const inside = content.map((child) => lines(child, `${indent}  `, escape, ''));
  return `${indent}<${name}${attributes}>\n${inside.join('\n')}\n${indent}</${name}>`;
}

/** One element without white space around it. */
export function xmlInline([name, content]: XmlNode): string {
  if (content.length === 0) return `<${name} />`;
  return `<${name}>${typeof content === 'string' ? escapeXml(content) : content.map(xmlInline).join('')}</${name}>`;
}
