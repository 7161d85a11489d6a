/** Whatever is sent to a form service, it answers: with status 200 and a document, and never with a failure of its own. */
import assert from 'node:assert/strict';
import { readReply } from '@gridkeep/wire/robust/reply';
import { encodeFormText } from '@gridkeep/wire/robust/form';
import fc from 'fast-check';
import type { RobustHandler } from '../robust-http.ts';
import type { ServiceLog } from '../service-log.ts';
import { bodyText, robustRequest } from './robust-request.ts';

export interface GarbageTarget {
  readonly path: string;
  readonly handler: RobustHandler;
  readonly methods: readonly string[];
  readonly fields: readonly string[];
  /** Values that get past the first check, such as ids that are there. */
  readonly values?: readonly string[];
  readonly runs?: number;
}

const plausible = [
  ...[
    '',
    '0',
    '1',
    '-1',
    '4294967295',
    '99999999999999999999',
    'True',
    'false',
    'null',
    '<1, 2, 3>',
    '%00',
    '%ff',
  ],
  ...[
    '00000000-0000-0000-0000-000000000000',
    '2b1a1f6e-0c53-4a7e-9d0e-000000000001',
    '<x>&amp;]]>',
    '\u{1f600}',
  ],
];

/** A log for the handler: the test fails when the service reports an error of its own. */
export const strictLog: ServiceLog = {
  info: () => undefined,
  warn: () => undefined,
  error: (fields, message) => {
    throw new Error(message, { cause: fields['err'] });
  },
};

export async function answersGarbage(target: GarbageTarget): Promise<void> {
  const text = fc.oneof(
    fc.constantFrom(...plausible, ...(target.values ?? [])),
    fc.string({ unit: 'binary' }),
  );
  const name = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...target.fields) },
    { weight: 1, arbitrary: fc.string() },
  );
  const field = fc.tuple(name, fc.boolean(), text);
  const method = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...target.methods) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  );
  const form = fc
    .tuple(method, fc.array(field, { maxLength: 12 }))
    .map(([chosen, fields]) =>
      [`METHOD=${encodeFormText(chosen)}`]
        .concat(
          fields.map(
            ([key, isList, value]) => `${encodeFormText(key)}${isList ? '[]' : ''}=${encodeFormText(value)}`,
          ),
        )
        .join('&'),
    );
  const raw = fc.uint8Array({ maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(
      fc.oneof({ weight: 8, arbitrary: form }, { weight: 1, arbitrary: raw }),
      async (body) => {
        const reply = await target.handler(robustRequest('POST', target.path, body));
        assert.equal(reply.status, 200);
        readReply(bodyText(reply));
      },
    ),
    { numRuns: target.runs ?? 300 },
  );
}
