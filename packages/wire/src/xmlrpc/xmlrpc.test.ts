import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LlsdDate, LlsdReal } from '../llsd/value.ts';
import { readXmlRpcRequest, readXmlRpcResponse } from './reader.ts';
import type { XmlRpcValue } from './value.ts';
import { XmlRpcError, XmlRpcWritten, xmlRpcFaultCodes } from './value.ts';
import { writeXmlRpcFault, writeXmlRpcRequest, writeXmlRpcResponse } from './writer.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');
/** Reads what stands inside `<value>`. */
const read = (inner: string): XmlRpcValue => {
  const response = readXmlRpcResponse(
    bytes(`<methodResponse><params><param><value>${inner}</value></param></params></methodResponse>`),
  );
  assert.ok(response.kind === 'value');
  return response.value;
};
const refuses = (inner: string, message = /./) =>
  assert.throws(
    () => read(inner),
    (error) => error instanceof XmlRpcError && message.test(error.message),
    inner,
  );
const member = (name: string, inner: string) =>
  `<member><name>${name}</name><value>${inner}</value></member>`;

test('a login as viewers send it', () => {
  const request = readXmlRpcRequest(
    bytes(`<?xml version="1.0"?>
      <methodCall><methodName> login_to_simulator </methodName><params> <param><value><struct>
        <member><name>first</name><value><string>Ada</string></value></member>
        <member><name>options</name><value><array><data><value><string>inventory-root</string></value></data></array></value></member>
      </struct></value></param> </params></methodCall>`),
  );
  assert.deepEqual(request, {
    method: 'login_to_simulator',
    parameters: [
      new Map<string, XmlRpcValue>([
        ['first', 'Ada'],
        ['options', ['inventory-root']],
      ]),
    ],
  });
});

test('text without a type, and every empty value, is a string', () => {
  assert.equal(read('plain &amp; simple'), 'plain & simple');
  for (const empty of ['', '<string/>', '<string />', '<string></string>'])
    assert.equal(read(empty), '', empty);
  assert.deepEqual(read('<array><data><value/><value>a</value><value></value></data></array>'), [
    '',
    'a',
    '',
  ]);
});

test('a CDATA section is text', () => {
  assert.equal(read('<string><![CDATA[uri:Big Bay&300&300&40]]></string>'), 'uri:Big Bay&300&300&40');
  assert.equal(read('<![CDATA[<x>]]>'), '<x>');
});

test('white space is data in strings only', () => {
  assert.equal(read('<string> a </string>'), ' a ');
  assert.equal(read(' \n <i4> 12 </i4> \n '), 12);
  assert.equal(read('<boolean>\n1\n</boolean>'), true);
  assert.deepEqual(
    read('<struct> <member> <name>a</name> <value>1</value> </member> </struct>'),
    new Map([['a', '1']]),
  );
});

test('integers: int and i4 of 32 bits, i8 as far as a number is exact', () => {
  assert.deepEqual(
    [read('<int>-5</int>'), read('<i4>2147483647</i4>'), read('<i4>+7</i4>')],
    [-5, 2147483647, 7],
  );
  assert.equal(read('<i8>1099511628032000</i8>'), 1099511628032000);
  for (const inner of [
    '<i4>2147483648</i4>',
    '<i4/>',
    '<i4>1.5</i4>',
    '<int>x</int>',
    '<i8>9999999999999999999</i8>',
  ])
    refuses(inner, /not a value of/);
});

test('booleans: 1 and 0, and the words that scripts send', () => {
  assert.deepEqual(
    ['1', '0', 'true', 'False'].map((text) => read(`<boolean>${text}</boolean>`)),
    [true, false, true, false],
  );
  refuses('<boolean>2</boolean>');
  refuses('<boolean/>');
  assert.equal(read('<string>True</string>'), 'True');
});

test('doubles, nil, base64 and types that are not known', () => {
  assert.deepEqual(read('<double>-0.500000</double>'), new LlsdReal(-0.5));
  assert.deepEqual(read('<double>1e3</double>'), new LlsdReal(1000));
  refuses('<double>1,5</double>');
  assert.equal(read('<nil/>'), undefined);
  assert.equal(read('<ex:nil/>'), undefined);
  assert.deepEqual(read('<base64>\nAQ\nID\n</base64>'), Uint8Array.of(1, 2, 3));
  refuses('<base64>AQI</base64>');
  assert.equal(read('<float>1.5</float>'), '1.5');
  refuses('<float>1<b/></float>', /elements inside/);
});

test('both forms of a date', () => {
  assert.deepEqual(read('<dateTime.iso8601>20260102T03:04:05</dateTime.iso8601>'), new LlsdDate(1767323045));
  assert.deepEqual(
    read('<dateTime.iso8601>2026-01-02T03:04:05</dateTime.iso8601>'),
    new LlsdDate(1767323045),
  );
  assert.deepEqual(
    read('<dateTime.iso8601>2026-01-02T03:04:05Z</dateTime.iso8601>'),
    new LlsdDate(1767323045),
  );
  refuses('<dateTime.iso8601>2026</dateTime.iso8601>');
});

test('structs: no name twice, none without name or value', () => {
  refuses(`<struct>${member('a', '1')}${member('a', '2')}</struct>`, /"a" occurs twice/);
  refuses(`<struct>${member('', '1')}</struct>`, /empty name/);
  refuses('<struct><member><name>a</name></member></struct>', /without name and value/);
  refuses('<struct><member><value>a</value></member></struct>', /without name and value/);
  refuses('<struct><other/></struct>', /without name and value/);
  assert.deepEqual(read(`<struct>${member('a&lt;b', '1')}</struct>`), new Map([['a<b', '1']]));
  assert.deepEqual(read('<struct/>'), new Map());
  assert.deepEqual(read(`<struct>${member('__proto__', '1')}</struct>`), new Map([['__proto__', '1']]));
});

test('arrays: empty in every spelling, structs inside, values only', () => {
  for (const empty of ['<array/>', '<array><data/></array>', '<array><data></data></array>'])
    assert.deepEqual(read(empty), []);
  const struct = `<value><struct>${member('a', '<i4>1</i4>')}</struct></value>`;
  assert.deepEqual(read(`<array><data>${struct}${struct}</data></array>`), [
    new Map([['a', 1]]),
    new Map([['a', 1]]),
  ]);
  refuses('<array><value>a</value></array>', /without one <data>/);
  refuses('<array><data><i4>1</i4></data></array>', /inside <data>/);
  refuses('<array><data>text</data></array>', /text beside/);
});

test('a value has one type', () => {
  refuses('<i4>1</i4><i4>2</i4>', /more than one type/);
  refuses('text<i4>1</i4>', /text beside/);
});

test('calls without parameters, a name or an end', () => {
  assert.deepEqual(
    readXmlRpcRequest(bytes('<methodCall><methodName>m</methodName></methodCall>')).parameters,
    [],
  );
  assert.deepEqual(
    readXmlRpcRequest(bytes('<methodCall><methodName>m</methodName><params/></methodCall>')).parameters,
    [],
  );
  for (const body of [
    '',
    '<methodCall/>',
    '<methodCall><methodName/></methodCall>',
    '<methodCall><methodName>m</methodName><params><value/></params></methodCall>',
    '<methodCall><methodName>m</methodName><params><param/></params></methodCall>',
    '<methodResponse/>',
    '<!DOCTYPE x><methodCall><methodName>m</methodName></methodCall>',
  ])
    assert.throws(() => readXmlRpcRequest(bytes(body)), XmlRpcError, body);
});

test('answers without a value, and faults', () => {
  assert.deepEqual(readXmlRpcResponse(bytes('<methodResponse/>')), { kind: 'value', value: undefined });
  const fault = { code: xmlRpcFaultCodes.noSuchMethod, text: 'No such <method>' };
  assert.deepEqual(readXmlRpcResponse(bytes(writeXmlRpcFault(fault))), { kind: 'fault', fault });
  const broken = '<methodResponse><fault><value>text</value></fault></methodResponse>';
  assert.throws(() => readXmlRpcResponse(bytes(broken)), /faultCode/);
  const two =
    '<methodResponse><params><param><value/></param><param><value/></param></params></methodResponse>';
  assert.throws(() => readXmlRpcResponse(bytes(two)), /more than one value/);
});

test('the body is UTF-8 whatever the declaration says', () => {
  const body =
    '<?xml version="1.0" encoding="iso-8859-1"?><methodCall><methodName>é</methodName></methodCall>';
  assert.equal(readXmlRpcRequest(bytes(`\ufeff${body}`)).method, 'é');
  assert.throws(() => readXmlRpcRequest(Buffer.from(body, 'latin1')), /not UTF-8/);
});

test('a body has at most 1 MiB, values at most depth 32', () => {
  const call = (padding: number) =>
    bytes(`<methodCall><methodName>m</methodName>${' '.repeat(padding)}</methodCall>`);
  const fits = 1024 * 1024 - call(0).length;
  assert.equal(readXmlRpcRequest(call(fits)).method, 'm');
  assert.throws(() => readXmlRpcRequest(call(fits + 1)), /1048576 allowed/);
  assert.equal(readXmlRpcRequest(call(fits + 1), { bytesMax: 2_000_000 }).method, 'm');
  const arrays = (depth: number) =>
    `${'<array><data><value>'.repeat(depth - 1)}${'</value></data></array>'.repeat(depth - 1)}`;
  const structs = (depth: number) =>
    `${'<struct><member><name>a</name><value>'.repeat(depth - 1)}${'</value></member></struct>'.repeat(depth - 1)}`;
  for (const nested of [arrays, structs]) {
    assert.equal(typeof read(nested(32)), 'object');
    refuses(nested(33), /nested deeper/);
    refuses(nested(3000), /nested deeper/);
  }
});

test('written: i4, explicit end tags, one line, no nil', () => {
  const call = writeXmlRpcRequest({
    method: 'm&m',
    parameters: [
      new Map<string, XmlRpcValue>([
        ['text', ''],
        ['left out', undefined],
        ['n', -1],
        ['list', []],
        ['yes', true],
        ['at', new LlsdDate(1767323045)],
        ['none', new Map()],
      ]),
    ],
  });
  assert.equal(
    call,
    '<?xml version="1.0" encoding="utf-8"?><methodCall><methodName>m&amp;m</methodName><params><param><value><struct>' +
      '<member><name>text</name><value><string></string></value></member>' +
      '<member><name>n</name><value><i4>-1</i4></value></member>' +
      '<member><name>list</name><value><array><data></data></array></value></member>' +
      '<member><name>yes</name><value><boolean>1</boolean></value></member>' +
      '<member><name>at</name><value><dateTime.iso8601>20260102T03:04:05</dateTime.iso8601></value></member>' +
      '<member><name>none</name><value><struct></struct></value></member>' +
      '</struct></value></param></params></methodCall>',
  );
});

test('a double is written without an exponent', () => {
  const texts = [1e-7, 1.25e-8, 1e21, 1.5e22, -2.5e-10, 0.1].map((value) =>
    writeXmlRpcResponse(new LlsdReal(value)),
  );
  for (const text of texts) assert.match(text, /<double>-?\d+(?:\.\d+)?<\/double>/);
  assert.match(texts[1] ?? '', />0\.0000000125</);
  assert.match(texts[3] ?? '', />15000000000000000000000</);
});

test('a value that was written before stands as it is', () => {
  const folders = new XmlRpcWritten('<array><data><value><i4>1</i4></value></data></array>');
  assert.equal(
    writeXmlRpcResponse(new Map([['folders', folders]])),
    writeXmlRpcResponse(new Map([['folders', [1]]])),
  );
});

test('what peers lose or misread is not written', () => {
  const refusesToWrite = (value: XmlRpcValue, message: RegExp) =>
    assert.throws(
      () => writeXmlRpcResponse(value),
      (error) => error instanceof XmlRpcError && message.test(error.message),
    );
  refusesToWrite(undefined, /nil/);
  refusesToWrite(['a', ''], /empty entry/);
  refusesToWrite([undefined], /empty entry/);
  refusesToWrite(new Map([['', 1]]), /empty name/);
  refusesToWrite(2 ** 31, /32 bits/);
  refusesToWrite(0.5, /32 bits/);
  refusesToWrite(new LlsdReal(NaN), /cannot be sent/);
  refusesToWrite(new LlsdDate(NaN), /cannot be sent/);
  const circle: XmlRpcValue[] = [];
  circle.push(circle);
  refusesToWrite(circle, /nested deeper/);
  assert.throws(() => writeXmlRpcRequest({ method: '', parameters: [] }), XmlRpcError);
});

const text = fc
  .string({ unit: 'binary', maxLength: 12 })
  .map((any) => any.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Cs}/gu, ''));
const named = text.filter((any) => any !== '');
const value = fc.letrec<{ value: XmlRpcValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.boolean(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((any) => new LlsdReal(any)),
    fc.integer({ min: -62135596800, max: 253402300799 }).map((any) => new LlsdDate(any)),
    fc.uint8Array({ maxLength: 12 }),
    fc.array(
      tie('value').filter((any) => any !== ''),
      { maxLength: 4 },
    ),
    fc.array(fc.tuple(named, tie('value')), { maxLength: 4 }).map((members) => new Map(members)),
  ),
})).value;

test('any call and any answer survive', () => {
  fc.assert(
    fc.property(named, fc.array(value, { maxLength: 3 }), (name, parameters) => {
      const method = name.trim() || 'm';
      const request = { method, parameters };
      assert.deepEqual(readXmlRpcRequest(bytes(writeXmlRpcRequest(request))), request);
    }),
  );
  fc.assert(
    fc.property(value, (any) => {
      assert.deepEqual(readXmlRpcResponse(bytes(writeXmlRpcResponse(any))), { kind: 'value', value: any });
    }),
  );
});

test('a body cut at any byte is refused', () => {
  const struct = new Map<string, XmlRpcValue>([
    ['a', ['x', 1, true]],
    ['é', new LlsdReal(0.5)],
  ]);
  const call = bytes(writeXmlRpcRequest({ method: 'm', parameters: [struct] }));
  const answer = bytes(writeXmlRpcResponse(struct));
  for (let length = 0; length < call.length; length++)
    assert.throws(() => readXmlRpcRequest(call.subarray(0, length)), XmlRpcError, String(length));
  for (let length = 0; length < answer.length; length++)
    assert.throws(() => readXmlRpcResponse(answer.subarray(0, length)), XmlRpcError, String(length));
});
