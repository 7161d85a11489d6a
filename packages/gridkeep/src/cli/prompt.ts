/** Questions to the person at the terminal. They go to standard error, so that standard output stays clean. */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/** Nobody can answer: standard input is not a terminal. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** True only for an explicit yes. */
export async function confirm(question: string): Promise<boolean> {
  const answer = await ask(`${question} [y/N] `, process.stderr);
  return /^y(es)?$/i.test(answer.trim());
}

/** One line that is not shown while it is typed. */
export async function askSecret(question: string): Promise<string> {
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const answer = await ask('', silent);
  process.stderr.write('\n');
  return answer;
}

/** The first line of a stream that is not a terminal, at most this many bytes. */
export async function readFirstLine(stream: NodeJS.ReadStream, bytesMax = 4096): Promise<string> {
  let text = '';
  for await (const chunk of stream) {
    text += String(chunk);
    if (text.includes('\n') || Buffer.byteLength(text) > bytesMax) break;
  }
  const line = text.split('\n', 1)[0] ?? '';
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

function ask(question: string, output: NodeJS.WritableStream): Promise<string> {
  return new Promise((resolve) => {
    const terminal = createInterface({ input: process.stdin, output, terminal: true });
    let answer = '';
    terminal.on('SIGINT', () => terminal.close());
    terminal.on('close', () => resolve(answer));
    terminal.question(question, (line) => {
      answer = line;
      terminal.close();
    });
  });
}
