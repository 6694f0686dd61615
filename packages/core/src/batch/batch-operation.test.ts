import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchOperation } from './batch-operation.ts'

describe('batchOperation', () => {
  it('keeps to its bound, begins in order and answers in order, whatever ends first', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.constantFrom('value', 'rejects', 'throws'), { maxLength: 40 }),
        fc.integer({ min: 1, max: 8 }),
        async (scheduler, kinds, concurrency) => {
          let running = 0
          let most = 0
          const begun: number[] = []
          const operations = kinds.map((kind, index) => async () => {
            begun.push(index)
            running += 1
            most = Math.max(most, running)
            await scheduler.schedule(Promise.resolve(), `operation ${index}`)
            running -= 1
            if (kind !== 'value') throw new Error(`no ${index}`)
            return index
          })
          const outcomes = await scheduler.waitFor(batchOperation(operations, concurrency))
          expect(most).toBeLessThanOrEqual(concurrency)
          expect(most).toBe(Math.min(concurrency, kinds.length))
          expect(begun).toEqual(kinds.map((_, index) => index))
          expect(outcomes.map((outcome) => outcome.status)).toEqual(
            kinds.map((kind) => (kind === 'value' ? 'fulfilled' : 'rejected')),
          )
          outcomes.forEach((outcome, index) => {
            if (outcome.status === 'fulfilled') expect(outcome.value).toBe(index)
            else expect((outcome.reason as Error).message).toBe(`no ${index}`)
          })
        },
      ),
      { numRuns: 200 },
    )
  })

  it('reports an operation that throws before it returns a promise like any other failure', async () => {
    const outcomes = await batchOperation([
      () => {
        throw new Error('at once')
      },
      () => 2,
    ])
    expect(outcomes).toEqual([
      { status: 'rejected', reason: new Error('at once') },
      { status: 'fulfilled', value: 2 },
    ])
  })

  it('runs five at once when not told otherwise', async () => {
    let running = 0
    let most = 0
    await batchOperation(
      Array.from({ length: 20 }, () => async () => {
        running += 1
        most = Math.max(most, running)
        await new Promise((resolve) => setImmediate(resolve))
        running -= 1
      }),
    )
    expect(most).toBe(5)
  })

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses to run %s at once', async (concurrency) => {
    await expect(batchOperation([], concurrency)).rejects.toMatchObject({ code: 'invalid_input' })
  })

  it('stops when aborted: what runs is waited for, what had not begun says so', async () => {
    const controller = new AbortController()
    const begun: number[] = []
    const outcomes = await batchOperation(
      Array.from({ length: 6 }, (_, index) => async (signal?: AbortSignal) => {
        begun.push(index)
        if (index === 1) controller.abort(new Error('the person left'))
        await new Promise((resolve) => setImmediate(resolve))
        return signal?.aborted
      }),
      2,
      { signal: controller.signal },
    )
    expect(begun).toEqual([0, 1])
    expect(outcomes.slice(0, 2)).toEqual([
      { status: 'fulfilled', value: true },
      { status: 'fulfilled', value: true },
    ])
    for (const outcome of outcomes.slice(2)) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { code: 'aborted', cause: { message: 'the person left' } },
      })
    }
  })
})
