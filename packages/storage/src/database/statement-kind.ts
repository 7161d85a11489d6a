/** Where a statement may run, told from how it was built. */
import type { CompiledQuery } from 'kysely';
import { QueryError } from './database-errors.ts';

export type StatementKind = 'read' | 'write' | 'alone';

const readWord = /^\s*(?:select|values|explain)\b/i;
const aloneWord = /^\s*(?:vacuum|pragma)\b/i;
const transactionWord = /^\s*(?:begin|start|commit|end|rollback|abort|savepoint|release|attach|detach)\b/i;

/**
 * 'read' changes nothing; 'alone' cannot share a transaction. Raw text that would begin or end a transaction is
 * refused, since it would take others' writes with it.
 */
export function statementKind(query: CompiledQuery): StatementKind {
  if (query.query.kind === 'SelectQueryNode') return 'read';
  if (query.query.kind !== 'RawNode') return 'write';
  if (transactionWord.test(query.sql))
    throw new QueryError('raw', 'transactions are made by Database.transaction, not by raw text', query.sql);
  if (readWord.test(query.sql)) return 'read';
  return aloneWord.test(query.sql) ? 'alone' : 'write';
}
