import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { BusyError, WorkGate } from './work-gate.ts';

test('a gate never lets more in than it may, forgets nobody, and keeps the order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.nat(6),
      fc.array(fc.record({ turns: fc.nat(3), fails: fc.boolean() }), { maxLength: 20 }),
      async (atOnce, waitingMax, works) => {
        const gate = new WorkGate({ atOnce, waitingMax });
        let running = 0;
        const begun: number[] = [];
        const outcomes = await Promise.allSettled(
          works.map(({ turns, fails }, index) =>
            gate.run(async () => {
              begun.push(index);
              running += 1;
              assert.ok(running <= atOnce);
              for (let passed = 0; passed < turns; passed += 1) await turn();
              running -= 1;
              if (fails) throw new Error('failed');
            }),
          ),
        );
        const busy = outcomes.filter(
          (outcome) => outcome.status === 'rejected' && outcome.reason instanceof BusyError,
        );
        assert.equal(busy.length, Math.max(0, works.length - atOnce - waitingMax));
        assert.equal(begun.length, works.length - busy.length);
        assert.deepEqual(
          begun,
          begun.toSorted((a, b) => a - b),
        );
        assert.equal(await gate.run(() => Promise.resolve(1)), 1, 'it is free again');
      },
    ),
    { numRuns: 100 },
  );
});
