import pLimit from 'p-limit'
import { JourneysError } from '../errors.ts'

/** One piece of work. It is given the batch's signal, so that it can stop its own request. */
export type Operation<T> = (signal?: AbortSignal) => T | PromiseLike<T>

/** How one operation ended. */
export type Outcome<T> = PromiseSettledResult<T>

export interface BatchOptions {
  /**
   * Stops the batch: operations that have not begun are not begun and end as rejected with code `aborted`; those under way are
   * waited for, and see the same signal.
   *
   * @defaultValue none
   */
  signal?: AbortSignal | undefined
}

/**
 * Runs operations, at most `concurrency` at once.
 *
 * @param operations functions, begun in the order given.
 * @param concurrency how many may be under way at once, a whole number from 1.
 * @returns one outcome per operation, in the order of `operations`, whatever order they end in. One that fails or throws does not
 *   stop the others: its outcome is `{ status: 'rejected', reason }`.
 * @throws JourneysError `invalid_input` when `concurrency` is not a whole number from 1.
 */
export async function batchOperation<T>(
  operations: readonly Operation<T>[],
  concurrency = 5,
  { signal }: BatchOptions = {},
): Promise<Outcome<T>[]> {
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new JourneysError('invalid_input', 'A batch needs to run at least one operation at once', {
      detail: `concurrency is ${String(concurrency)}`,
      hint: 'Give a whole number from 1, for example batchOperation(operations, 5).',
    })
  }
  const limit = pLimit(concurrency)
  return Promise.allSettled(
    operations.map((operation) =>
      limit(() => {
        if (signal?.aborted) {
          throw new JourneysError('aborted', 'The batch was stopped before this operation began', {
            cause: signal.reason,
          })
        }
        return operation(signal)
      }),
    ),
  )
}
