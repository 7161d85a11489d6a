/** For what is often in memory already: going on without a promise where there is none to wait for. */

export type AtOnce<Value> = Value | Promise<Value>;

export function andThen<Value, Result>(
  value: AtOnce<Value>,
  next: (value: Value) => AtOnce<Result>,
): AtOnce<Result> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** All values, in order; without a promise when none of them is one. */
export function allAtOnce<Value>(values: readonly AtOnce<Value>[]): AtOnce<readonly Value[]> {
  const there: Value[] = [];
  for (const value of values) {
    if (value instanceof Promise) return Promise.all(values);
    there.push(value);
  }
  return there;
}
