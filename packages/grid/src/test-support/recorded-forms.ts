/** Exchanges of form services as real simulators and grids had them, from the recordings. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fixture } from '@gridkeep/testing/requirements';

export interface RecordedForm {
  /** Line of the recording, from 1. */
  readonly line: number;
  readonly path: string;
  readonly sent: string;
  readonly status: number;
  readonly received: string;
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** The exchanges with one path. Ask `missing('fixtures')` first. */
export function recordedForms(file: string, path: string): readonly RecordedForm[] {
  const forms = readFileSync(fixture('wire', file), 'utf8')
    .split('\n')
    .flatMap((text, index): RecordedForm[] => {
      if (text === '') return [];
      const entry: unknown = JSON.parse(text);
      const sent = property(property(entry, 'req'), 'text');
      const received = property(property(entry, 'res'), 'text');
      const status = property(entry, 'status');
      if (property(entry, 'path') !== path || typeof status !== 'number') return [];
      if (typeof sent !== 'string' || typeof received !== 'string') return [];
      return [{ line: index + 1, path, sent, status, received }];
    });
  assert.ok(forms.length > 0, `${file} holds no exchange with ${path}`);
  return forms;
}

/** One line of a recording. */
export function recordedForm(file: string, path: string, line: number): RecordedForm {
  const form = recordedForms(file, path).find((one) => one.line === line);
  assert.ok(form !== undefined, `line ${line} of ${file} is no exchange with ${path}`);
  return form;
}
