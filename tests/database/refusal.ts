import type pg from 'pg'

/** What the server said when it refused. */
export interface Refusal {
  /** SQLSTATE, e.g. `23514`. */
  code: string
  constraint: string | undefined
  message: string
}

/** The refusal of a statement; fails when the statement was accepted. */
export async function refusal(statement: Promise<unknown>): Promise<Refusal> {
  try {
    await statement
  } catch (error) {
    const { code, constraint, message } = error as pg.DatabaseError
    if (code === undefined) throw error
    return { code, constraint, message }
  }
  throw new Error('the server accepted what it should have refused')
}
