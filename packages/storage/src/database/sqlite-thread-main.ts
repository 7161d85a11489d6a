/** The program of a SQLite thread: takes requests in order and answers them in batches. */
import { parentPort } from 'node:worker_threads';
import {
  attempt,
  failureOf,
  openConnection,
  type SqliteConnection,
  type SqliteCursor,
} from './sqlite-connection.ts';
import {
  emptyResult,
  type NumberedReply,
  type NumberedRequest,
  type SqliteOutcome,
  type SqliteRequest,
} from './sqlite-protocol.ts';

/** A reply that is ready waits at most so long for its batch, plus the statement under way. */
const replyDelayMsMax = 1;

interface Opened {
  readonly connection: SqliteConnection;
  readonly file: string;
  readonly busyTimeoutMs: number;
  readonly cursors: Map<number, OpenCursor>;
}

interface OpenCursor {
  readonly cursor: SqliteCursor;
  /** A cursor outside a transaction has a connection of its own, so that it does not pin others to an old snapshot. */
  readonly connection: SqliteConnection | null;
}

if (parentPort === null) throw new Error('sqlite-thread-main.ts is the program of a worker thread');
const port = parentPort;
const databases = new Map<number, Opened>();

function opened(database: number): Opened {
  const found = databases.get(database);
  if (found === undefined) throw new Error(`database ${database} is not open in this thread`);
  return found;
}

function closeCursor(database: Opened, number: number): void {
  const open = database.cursors.get(number);
  if (open === undefined) return;
  database.cursors.delete(number);
  open.cursor.close();
  open.connection?.close();
}

function answer(request: SqliteRequest): readonly SqliteOutcome[] {
  switch (request.do) {
    case 'run':
      return [{ result: opened(request.database).connection.run(request.statement) }];
    case 'group':
      return opened(request.database).connection.group(request.statements);
    case 'begin':
      opened(request.database).connection.exec('begin immediate');
      break;
    case 'commit':
    case 'rollback':
      opened(request.database).connection.exec(request.do);
      break;
    case 'open': {
      const { file, busyTimeoutMs } = request;
      const connection = openConnection(file, request.role, busyTimeoutMs);
      databases.set(request.database, { connection, file, busyTimeoutMs, cursors: new Map() });
      break;
    }
    case 'close': {
      const database = opened(request.database);
      for (const number of [...database.cursors.keys()]) closeCursor(database, number);
      databases.delete(request.database);
      database.connection.close();
      break;
    }
    case 'cursor-open': {
      const database = opened(request.database);
      const own = request.inside ? null : openConnection(database.file, 'reader', database.busyTimeoutMs);
      try {
        const cursor = (own ?? database.connection).cursor(request.statement);
        database.cursors.set(request.cursor, { cursor, connection: own });
      } catch (error) {
        own?.close();
        throw error;
      }
      break;
    }
    case 'cursor-next': {
      const open = opened(request.database).cursors.get(request.cursor);
      if (open === undefined) throw new Error('the cursor is closed');
      return [attempt(() => open.cursor.next(request.rowsMax))];
    }
    case 'cursor-close':
      closeCursor(opened(request.database), request.cursor);
      break;
  }
  return [{ result: emptyResult }];
}

port.on('message', (requests: readonly NumberedRequest[]) => {
  let replies: NumberedReply[] = [];
  let started = performance.now();
  for (const [number, request] of requests) {
    let outcomes: readonly SqliteOutcome[];
    try {
      outcomes = answer(request);
    } catch (error) {
      outcomes = [{ failure: failureOf(error) }];
    }
    replies.push([number, outcomes]);
    const now = performance.now();
    if (now - started > replyDelayMsMax) {
      port.postMessage(replies);
      replies = [];
      started = now;
    }
  }
  if (replies.length > 0) port.postMessage(replies);
});
