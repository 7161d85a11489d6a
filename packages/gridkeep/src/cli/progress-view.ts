/** Shows the progress of long work on standard error: a bar on a terminal, otherwise a plain line now and then. */
import type { JobProgress } from '@gridkeep/storage/jobs/jobs';
import type { SingleBar } from 'cli-progress';
import { describeProgress } from '../commands/format.ts';
import { harmless } from './output.ts';

export interface ProgressView {
  show(progress: JobProgress): void;
  /** Clears the way for other output. */
  stop(): void;
}

const lineEveryMs = 5_000;
/** Short work needs no lines. */
const firstLineAfterMs = 2_000;

export function createProgressView(stream: NodeJS.WriteStream): ProgressView {
  return stream.isTTY ? barView(stream) : lineView(stream);
}

function lineView(stream: NodeJS.WriteStream): ProgressView {
  let shownAt = performance.now() + firstLineAfterMs - lineEveryMs;
  let last = '';
  return {
    show: (progress) => {
      const now = performance.now();
      const text = describeProgress(progress);
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
    bar.update(done, { text: harmless(describeProgress(latest)).replaceAll('\n', ' ') });
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
