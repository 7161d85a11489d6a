import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { limitWasmMemory } from './wasm-memory.ts';

/** TypeScript knows it only together with the types of browsers. */
declare const WebAssembly: {
  readonly Memory: new (limits: { initial: number }) => { grow(pages: number): number };
  instantiate(module: Uint8Array): Promise<{ instance: { exports: Readonly<Record<string, unknown>> } }>;
  validate(module: Uint8Array): boolean;
};

/** A module with nothing but one exported memory of 1 to 32768 pages. */
const module = Uint8Array.from([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 6, 1, 1, 1, 0x80, 0x80, 2, 7, 5, 1, 1, 0x6d, 2, 0,
]);

test('a module cannot grow beyond the lowered limit', async () => {
  const { instance } = await WebAssembly.instantiate(limitWasmMemory(module, 200));
  const memory = instance.exports['m'];
  assert.ok(memory instanceof WebAssembly.Memory);
  memory.grow(199);
  assert.throws(() => memory.grow(1), RangeError);
});

test('modules that cannot be limited are refused', () => {
  assert.throws(() => limitWasmMemory(module, 0), RangeError);
  assert.throws(() => limitWasmMemory(module.subarray(0, 8), 100), RangeError);
});

test("the decoder's module can be limited", () => {
  const file = new URL('wasm/openjpeg.wasm', import.meta.resolve('pdfjs-dist/package.json'));
  assert.ok(WebAssembly.validate(limitWasmMemory(readFileSync(file), 10_240)));
});
