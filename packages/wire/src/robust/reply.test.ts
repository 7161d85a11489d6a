import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeElementName, encodeElementName } from './element-name.ts';
import type { Reply, ReplyValue } from './reply.ts';
import { ReplyError, readReply, writeReply } from './reply.ts';

test('compact, with nested lists, in order', () => {
  const reply: Reply = new Map<string, ReplyValue>([
    ['RESULT', new Map<string, ReplyValue>([['m-0', new Map([['GroupName', 'A & <B> "C"']])]])],
    ['count', 2],
    ['ratio', 0.5],
    ['yes', true],
    ['no', false],
    ['nothing', undefined],
    ['empty', ''],
    ['none', new Map()],
  ]);
  assert.equal(
    writeReply(reply),
    '<?xml version="1.0"?><ServerResponse><RESULT type="List"><m-0 type="List"><GroupName>A &amp; &lt;B&gt; "C"' +
      '</GroupName></m-0></RESULT><count>2</count><ratio>0.5</ratio><yes>True</yes><no>False</no><empty></empty>' +
      '<none type="List" /></ServerResponse>',
  );
});

test('indented and literal', () => {
  const failure = new Map([
    ['Result', 'Failure'],
    ['Message', 'no'],
  ]);
  assert.equal(
    writeReply(failure, 'indented'),
    '<?xml version="1.0"?>\n<ServerResponse>\n  <Result>Failure</Result>\n  <Message>no</Message>\n</ServerResponse>',
  );
  assert.equal(
    writeReply(new Map([['a', new Map([['b', '1']])]]), 'indented'),
    '<?xml version="1.0"?>\n<ServerResponse>\n  <a type="List">\n    <b>1</b>\n  </a>\n</ServerResponse>',
  );
  assert.equal(
    writeReply(new Map([['Result', 'Success']]), 'literal'),
    '<?xml version ="1.0"?><ServerResponse><Result>Success</Result></ServerResponse>',
  );
});

test('an empty reply', () => {
  assert.equal(writeReply(new Map()), '<?xml version="1.0"?><ServerResponse />');
  assert.deepEqual(readReply('<?xml version="1.0"?><ServerResponse />'), new Map());
  assert.equal(writeReply(new Map([['a', undefined]])), '<?xml version="1.0"?><ServerResponse />');
});

test('a carriage return survives, what XML forbids is left out', () => {
  assert.match(writeReply(new Map([['a', 'x\r\ny\0']])), /<a>x&#xD;\ny<\/a>/);
  assert.deepEqual(readReply(writeReply(new Map([['a', 'x\r\ny']]))), new Map([['a', 'x\r\ny']]));
});

test('names: what no element name may hold is escaped', () => {
  const names = [
    ['Wearable 0:0', 'Wearable_x0020_0_x003A_0'],
    ['F_d35fdffb-c58a', 'F_d35fdffb-c58a'],
    ['0key', '_x0030_key'],
    ['-a', '_x002D_a'],
    ['a_x0041_', 'a_x005F_x0041_'],
    ['_x0041_x0042_', '_x005F_x0041_x005F_x0042_'],
    ['_x0041 ', '_x005F_x0041_x0020_'],
    ['_ap_1', '_ap_1'],
    ['a<&>"', 'a_x003C__x0026__x003E__x0022_'],
    ['\u{1F600}', '_x0001F600_'],
  ] as const;
  for (const [text, name] of names) {
    assert.equal(encodeElementName(text), name);
    assert.equal(decodeElementName(name), text);
  }
  assert.equal(decodeElementName('größe_x00e9_'), 'größeé');
  assert.equal(decodeElementName('_xFFFFFFFF_'), '_xFFFFFFFF_');
  assert.throws(() => encodeElementName(''), RangeError);
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
      assert.equal(decodeElementName(encodeElementName(text)), text);
    }),
  );
  const underscored = fc.stringMatching(/^[_xX0a ]{1,20}$/);
  fc.assert(
    fc.property(underscored, (text) => assert.equal(decodeElementName(encodeElementName(text)), text)),
  );
});

test('reading: the first ServerResponse, comments and white space skipped, the last duplicate', () => {
  const text =
    '<a><!--x--><ServerResponse>\n <b>1</b><!--y--> <b>2</b>\n</ServerResponse><ServerResponse/></a>';
  assert.deepEqual(readReply(text), new Map([['b', '2']]));
});

test('elements inside a member count only when it is marked as a list', () => {
  assert.throws(() => readReply('<ServerResponse><a><b>1</b></a></ServerResponse>'), ReplyError);
  assert.deepEqual(
    readReply('<ServerResponse><a type="List"><b>1</b></a><c type="List">text</c></ServerResponse>'),
    new Map([
      ['a', new Map([['b', '1']])],
      ['c', new Map()],
    ]),
  );
});

test('what is no reply is refused', () => {
  const texts = ['', '<html/>', '<ServerResponse>', '<!DOCTYPE a><ServerResponse/>', 'Failure'];
  for (const text of texts) assert.throws(() => readReply(text), ReplyError, text);
  assert.throws(() => readReply('<ServerResponse></ServerResponse>', 10), ReplyError);
  const deep = 40;
  const nested = '<a type="List">'.repeat(deep) + '</a>'.repeat(deep);
  assert.throws(() => readReply(`<ServerResponse>${nested}</ServerResponse>`), /deeper/);
});

test('a reply cut at any character is refused', () => {
  const text = writeReply(new Map([['a b', new Map([['c', 'x&y']])]]));
  for (let length = 0; length < text.length; length++)
    assert.throws(() => readReply(text.slice(0, length)), ReplyError);
});

interface Nested extends ReadonlyMap<string, string | Nested> {}
const text = fc
  .string({ unit: 'binary', maxLength: 12 })
  .map((any) => any.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Cs}/gu, ''));
const name = text.filter((any) => any !== '');
const nested = fc.letrec<{ map: Nested; value: string | Nested }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, text, tie('map')),
  map: fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }).map((members) => new Map(members)),
})).map;

test('any reply survives every layout', () => {
  fc.assert(
    fc.property(nested, fc.constantFrom('compact', 'indented', 'literal'), (reply, layout) => {
      assert.deepEqual(readReply(writeReply(reply, layout)), reply);
    }),
  );
});
