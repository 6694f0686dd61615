import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Database } from '@journeys/core/ops'
import type { Queryable, Row, Session } from '../packages/core/src/database/connection.ts'

/** Something that held locks, from its first statement until they were free again, as seen by who sent it. */
export interface Held {
  /** The step that was announced last. */
  step: string
  ms: number
}

/** Statements may begin with comments. */
const lockless = /^(?:\s|--.*\n)*(?:select|with|show|analyze)\b/i

export interface TimedTransactions {
  database: Database
  /** When each step began, in milliseconds since 1970. */
  begun: Map<string, number>
  /** Of every transaction that could write, and every statement outside one. Statements that only read are not in it. */
  held: Held[]
  end(): void
}

/**
 * The database, with a watch at every transaction: between BEGIN and the answer to COMMIT lies whatever it locked, for no longer. What is
 * read only locks nothing that a reader or a writer asks for, and neither does ANALYZE (SHARE UPDATE EXCLUSIVE).
 */
export function timeTransactions(database: Database): TimedTransactions {
  const held: Held[] = []
  const begun = new Map<string, number>()
  let step = ''
  const listen = (message: unknown) => {
    step = (message as { step: string }).step
    if (!begun.has(step)) begun.set(step, Date.now())
  }
  subscribe('journeys:step', listen)
  async function timed<T>(work: () => Promise<T>): Promise<T> {
    const [at, start] = [step, performance.now()]
    try {
      return await work()
    } finally {
      held.push({ step: at, ms: performance.now() - start })
    }
  }
  const watch =
    (queryable: Queryable): Queryable['query'] =>
    <R extends object = Row>(text: string, values?: unknown[]) => {
      const run = () => queryable.query<R>(text, values)
      return lockless.test(text) ? run() : timed(run)
    }
  const watchSession = (session: Session): Session => ({
    query: watch(session),
    transaction: (work) => timed(() => session.transaction(work)),
  })
  return {
    database: {
      ...database,
      query: watch(database),
      transaction: (work) => timed(() => database.transaction(work)),
      session: (work) => database.session((session) => work(watchSession(session))),
    },
    begun,
    held,
    end: () => void unsubscribe('journeys:step', listen),
  }
}
