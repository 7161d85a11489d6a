/** Shows the progress of long work on standard error: a bar on a terminal, otherwise a plain line now and then. */
import type { JobProgress } from '@gridkeep/storage/jobs/jobs';
import type { SingleBar } from 'cli-progress';
import { formatBytes } from '../commands/format.ts';
import { harmless } from './output.ts';

export interface ProgressView {
  show(progress: JobProgress): void;
  /** Clears the way for other output. */
  stop(): void;
}

const lineEveryMs = 5_000;

export function createProgressView(stream: NodeJS.WriteStream): ProgressView {
  return stream.isTTY ? barView(stream) : lineView(stream);
}

function lineView(stream: NodeJS.WriteStream): ProgressView {
  let shownAt = -Infinity;
  let last = '';
  return {
    show: (progress) => {
      const now = performance.now();
      const text = describe(progress);
      if (now - shownAt < lineEveryMs || text === last) return;
      shownAt = now;
      last = text;
      stream.write(`${harmless(text)}\n`);
    },
    stop: () => {},
  };
}

function barView(stream: NodeJS.WriteStream): ProgressView {
  let bar: SingleBar | undefined;
  let stopped = false;
  let latest: JobProgress | undefined;
  const draw = (): void => {
    if (bar === undefined || latest === undefined) return;
    const { done, total } = latest;
    bar.setTotal(total ?? Math.max(done, 1));
    bar.update(done, { text: harmless(describe(latest)).replaceAll('\n', ' ') });
  };
  const loading = import('cli-progress').then(({ default: { SingleBar: Bar, Presets } }) => {
    if (stopped) return;
    bar = new Bar(
      { stream, format: '{bar} {text}', clearOnComplete: true, hideCursor: true, barsize: 30, fps: 5 },
      Presets.shades_classic,
    );
    bar.start(1, 0, { text: '' });
    draw();
  });
  // Without a bar the work goes on unseen.
  loading.catch(() => {});
  return {
    show: (progress) => {
      latest = progress;
      stopped = false;
      draw();
    },
    stop: () => {
      stopped = true;
      bar?.stop();
    },
  };
}

export function describe(progress: JobProgress): string {
  const { done, total, unit, message } = progress;
  const count =
    unit === 'bytes'
      ? `${formatBytes(done)}${total === undefined ? '' : ` of ${formatBytes(total)}`}`
      : `${done}${total === undefined ? '' : ` of ${total}`} ${unit}`;
  const percent = total === undefined || total === 0 ? '' : `${Math.floor((done / total) * 100)} %, `;
  return `${percent}${count}${message === undefined ? '' : `: ${message}`}`;
}
