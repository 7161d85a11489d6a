import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { XmlElement } from './xml-tree.ts';
import {
  XmlError,
  childOf,
  childrenOf,
  escapeXml,
  escapeXmlAttribute,
  parseXml,
  textOf,
} from './xml-tree.ts';

function refuses(text: string, message: RegExp, offset?: number): void {
  assert.throws(
    () => parseXml(text),
    (error) => {
      assert.ok(error instanceof XmlError, String(error));
      assert.match(error.message, message);
      if (offset !== undefined) assert.equal(error.offset, offset);
      return true;
    },
    text,
  );
}

test('a document with everything that is allowed', () => {
  const text =
    '\ufeff<?xml version="1.0" encoding="utf-16"?>\n<!-- first --><?note x?>' +
    '<a one="1" two = \'&lt;2"&#x41;\'>x&amp;y<b/><!-- - > --><![CDATA[<&>]]]]>z<?p?>&#13;\r\n<c >&apos;</c\n></a>\n<!--last-->';
  const root = parseXml(text);
  assert.equal(root.name, 'a');
  assert.deepEqual(
    [...root.attributes],
    [
      ['one', '1'],
      ['two', '<2"A'],
    ],
  );
  assert.equal(root.text, 'x&y<&>]]z\r\r\n');
  assert.deepEqual(
    root.children.map((child) => [child.name, child.text]),
    [
      ['b', ''],
      ['c', "'"],
    ],
  );
});

test('offsets lead back to the source', () => {
  const text = '\ufeff<a><b x="1">in<c/></b>\n<b>more</b></a> ';
  const root = parseXml(text);
  const [first, second] = childrenOf(root, 'b');
  assert.ok(first !== undefined && second !== undefined);
  assert.equal(text.slice(root.start, root.end), text.trim());
  assert.equal(text.slice(first.start, first.end), '<b x="1">in<c/></b>');
  assert.equal(text.slice(first.contentStart, first.contentEnd), 'in<c/>');
  assert.equal(text.slice(second.contentStart, second.contentEnd), 'more');
  const empty = childOf(first, 'c');
  assert.ok(empty !== undefined);
  assert.equal(text.slice(empty.start, empty.end), '<c/>');
  assert.deepEqual([empty.contentStart, empty.contentEnd], [empty.end, empty.end]);
});

test('children are found by name', () => {
  const root = parseXml('<a><b>1</b><c>2</c><b>3</b></a>');
  assert.equal(childOf(root, 'b')?.text, '1');
  assert.equal(childOf(root, 'x'), undefined);
  assert.equal(textOf(root, 'c'), '2');
  assert.equal(textOf(root, 'x'), undefined);
  assert.deepEqual(
    childrenOf(root, 'b').map((child) => child.text),
    ['1', '3'],
  );
});

test('the doubled prefixes of old builds and names beyond ASCII are read', () => {
  const root = parseXml('<Part xmlns:xmlns:xsi="i" xmlns:xmlns:xsd="d"><größe·1>ü</größe·1><名/></Part>');
  assert.equal(root.attributes.get('xmlns:xmlns:xsi'), 'i');
  assert.deepEqual(
    root.children.map((child) => child.name),
    ['größe·1', '名'],
  );
});

test('a document type is refused before anything in it is read', () => {
  refuses('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', /DOCTYPE/, 0);
  refuses('<a><!DOCTYPE a></a>', /DOCTYPE/, 3);
  refuses('<!ENTITY x "y"><a/>', /declaration/);
});

test('only predefined entities and references to legal characters are resolved', () => {
  assert.equal(
    parseXml('<a>&amp;&lt;&gt;&quot;&apos;&#65;&#x1F600;&#x0000041;</a>').text,
    '&<>"\'A\u{1F600}A',
  );
  for (const reference of [
    '&x;',
    '&nbsp;',
    '&AMP;',
    '&',
    '& ',
    '&amp',
    '&;',
    '&#;',
    '&#x;',
    '&#xg;',
    '&#X41;',
    '&#-1;',
  ])
    refuses(`<a>${reference}</a>`, /reference/, 3);
  for (const forbidden of ['&#0;', '&#1;', '&#xB;', '&#x1F;', '&#xD800;', '&#xDFFF;', '&#xFFFE;', '&#xFFFF;'])
    refuses(`<a>${forbidden}</a>`, /reference/, 3);
  for (const tooLarge of ['&#x110000;', '&#99999999999;', `&#${'0'.repeat(50)}65;`])
    refuses(`<a>${tooLarge}</a>`, /reference/, 3);
  refuses('<a b="&x;"/>', /reference/, 6);
  // Never expanded twice.
  assert.equal(parseXml('<a>&amp;lt;&#38;lt;</a>').text, '&lt;&lt;');
});

test('characters that XML forbids are refused wherever they are', () => {
  for (const character of [
    '\0',
    '\x01',
    '\x08',
    '\x0b',
    '\x0c',
    '\x1f',
    '\ufffe',
    '\uffff',
    '\ud800',
    '\udc00',
  ])
    for (const text of [`<a>${character}</a>`, `<a b="${character}"/>`, `<!--${character}--><a/>`])
      refuses(text, /does not allow/, text.indexOf(character));
  assert.equal(parseXml('<a>\t\n\r\x7f\x85\u{1F600}</a>').text, '\t\n\r\x7f\x85\u{1F600}');
});

test('what is not well-formed is refused', () => {
  refuses('', /no element/);
  refuses(' \n', /no element/);
  refuses('text', /outside the root/);
  refuses('<a/>text', /outside the root/, 4);
  refuses('<a/><b/>', /second element/, 4);
  refuses('<a/>&amp;', /outside the root/);
  refuses('<a></b>', /does not close <a>/);
  refuses('<a></ab>', /does not close <a>/);
  refuses('<a></ a>', /does not close <a>/);
  refuses('<a><b></a></b>', /does not close <b>/);
  refuses('</a>', /without a name/);
  refuses('<a b="1" b="2"/>', /occurs twice/, 9);
  refuses('<a b="1"c="2"/>', /start tag/);
  refuses('<a b/>', /no '='/);
  refuses('<a b=1/>', /no quote/);
  refuses('<a b="<"/>', /'<' inside the attribute/);
  refuses('<a =""/>', /start tag/);
  refuses('<a / >', /'\/' inside a tag/);
  refuses('< a/>', /without a name/);
  refuses('<1/>', /without a name/);
  refuses('<-a/>', /without a name/);
  refuses('<a>]]></a>', /CDATA/, 3);
  refuses('<a><!-- -- --></a>', /'--' inside a comment/);
  refuses('<a><!--></a>', /comment/);
  refuses('<![CDATA[x]]><a/>', /declaration/);
  refuses('<a><![cdata[x]]></a>', /declaration/);
  refuses(' <?xml version="1.0"?><a/>', /not at the start/);
  refuses('<a><?xml version="1.0"?></a>', /not at the start/);
  refuses('<a><?XML?></a>', /not at the start/);
  refuses('<? x?><a/>', /without a name/);
  refuses('<?x!?><a/>', /processing instruction/);
});

test('limits name what was passed', () => {
  assert.throws(() => parseXml('<a>1</a>', { lengthMax: 7 }), /8 characters, more than the 7/);
  const deep = (depth: number) => '<a>'.repeat(depth) + '</a>'.repeat(depth);
  assert.equal(parseXml(deep(64)).name, 'a');
  refuses(deep(65), /deeper than the 64/);
  refuses(`${'<a>'.repeat(63)}<a/><a><a/></a>${'</a>'.repeat(63)}`, /deeper than the 64/);
  assert.equal(parseXml('<a><b c="1"/></a>', { nodesMax: 3 }).name, 'a');
  assert.throws(() => parseXml('<a><b c="1"/></a>', { nodesMax: 2 }), /more elements and attributes/);
});

test('depth costs no call stack', () => {
  const depth = 300_000;
  const text = '<a>'.repeat(depth) + '</a>'.repeat(depth);
  assert.equal(parseXml(text, { depthMax: depth }).end, text.length);
});

test('a document cut at any character is refused', () => {
  const text = '<?xml version="1.0"?><!--c--><a b="1&lt;"><?p q?><c>x&#65;</c><![CDATA[y]]><d/></a>';
  for (let length = 0; length < text.length; length++)
    assert.throws(() => parseXml(text.slice(0, length)), XmlError, text.slice(0, length));
  assert.equal(parseXml(text).name, 'a');
});

/** With 300,000 repetitions anything quadratic would take minutes. */
test('hostile repetition does not cost more than linear work', () => {
  const many = 300_000;
  const limits = { lengthMax: 50_000_000, nodesMax: 10_000_000 };
  assert.equal(parseXml(`<a>${'<!---->'.repeat(many)}</a>`, limits).text, '');
  assert.equal(parseXml(`<a>${'<![CDATA[&]]>'.repeat(many)}</a>`, limits).text.length, many);
  assert.equal(parseXml(`<a>${'x&amp;'.repeat(many)}</a>`, limits).text.length, many * 2);
  assert.equal(parseXml(`<a>${'<b>x</b>'.repeat(many)}&amp;</a>`, limits).children.length, many);
  const attributes = Array.from({ length: many }, (_, index) => ` b${index}="&amp;"`).join('');
  assert.equal(parseXml(`<a${attributes}/>`, limits).attributes.size, many);
  for (const opening of ['<!--', '<![CDATA[', '<?p ', '<b c="', '&', '</'])
    assert.throws(() => parseXml(`<a>${opening.repeat(many)}`, limits), XmlError);
});

interface Plain {
  readonly name: string;
  readonly attributes: readonly (readonly [string, string])[];
  readonly text: string;
  readonly children: readonly Plain[];
}

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.:-]{0,8}$/);
const content = fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.replace(/\p{Cs}/gu, ''));
const legal = content.map((text) => text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, ''));
const tree = fc.letrec<{ element: Plain }>((tie) => ({
  element: fc.record(
    {
      name,
      attributes: fc.uniqueArray(fc.tuple(name, legal), { selector: ([key]) => key, maxLength: 3 }),
      text: legal,
      children: fc.oneof({ maxDepth: 4 }, fc.constant([]), fc.array(tie('element'), { maxLength: 3 })),
    },
    { noNullPrototype: true },
  ),
})).element;

function write({ name: tag, attributes, text, children }: Plain): string {
  const written = attributes.map(([key, value]) => ` ${key}="${escapeXmlAttribute(value)}"`).join('');
  return `<${tag}${written}>${escapeXml(text)}${children.map(write).join('')}</${tag}>`;
}

function plain(element: XmlElement): Plain {
  const { name: tag, attributes, text, children } = element;
  return { name: tag, attributes: [...attributes], text, children: children.map(plain) };
}

test('every tree that is written is read as it was', () => {
  fc.assert(
    fc.property(tree, (element) => {
      assert.deepEqual(plain(parseXml(write(element))), element);
    }),
  );
});

test('any text either parses or throws XmlError', () => {
  const fragment = fc.constantFrom(
    '<a>',
    '</a>',
    '<b/>',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '&amp;',
    '&',
    ' x="',
    '"',
  );
  const soup = fc.array(fc.oneof(fragment, fc.string({ maxLength: 3 })), { maxLength: 12 });
  fc.assert(
    fc.property(soup, (parts) => {
      for (const text of [parts.join(''), `<a>${parts.join('')}</a>`]) {
        try {
          parseXml(text);
        } catch (error) {
          assert.ok(error instanceof XmlError);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('escaping keeps what XML can hold and leaves out the rest', () => {
  assert.equal(escapeXml('a<b>&"\'\r\n\t\0\ufffe\ud800z'), 'a&lt;b&gt;&amp;"\'&#xD;\n\tz');
  assert.equal(escapeXmlAttribute('a<b>&"\'\r\n\tz'), "a&lt;b&gt;&amp;&quot;'&#xD;&#xA;&#x9;z");
  assert.equal(escapeXml('\u{1F600}'), '\u{1F600}');
});
