import type { Look, SessionGroup, ToldSession } from './look.ts'
import type { ApplicationConnections, ConnectionUsage, WaitUsage } from './server-side.ts'

/** A session that others waited for. */
export interface LockHolder {
  readonly pid: number
  readonly application: string
  readonly role: string
  /** It held the lock between two statements, doing nothing. */
  readonly open: boolean
  readonly query: string
  /** The longest that its transaction was seen open. */
  readonly seconds: number
  /** Judged looks in which it held others up. */
  readonly looks: number
}

export interface SeenStatement {
  readonly id: string | null
  readonly query: string
  /** Times a session was seen in it. */
  readonly times: number
}

/** What the sessions did in the judged looks, beyond what the report shows. */
export interface SessionEvidence {
  /** Judged looks. */
  readonly looks: number
  /** Sessions at once, mean. */
  readonly busy: number
  readonly waitingForLocks: number
  readonly sleeping: number
  /** Looks in which at least one session waited for a lock. */
  readonly lockLooks: number
  /** Most looks first. */
  readonly holders: readonly LockHolder[]
  /** Most frequent first. */
  readonly blocked: readonly SeenStatement[]
  readonly asleep: readonly SeenStatement[]
  /** Sessions that left a transaction open, the longest first. */
  readonly open: readonly ToldSession[]
  /** Share of a statement's sightings in which it waited for a lock or slept. */
  readonly heldUp: ReadonlyMap<string, number>
}

interface Application {
  application: string
  role: string
  peak: number
  busySum: number
  /** How many looks saw so many busy. */
  busyLooks: Map<number, number>
}

/** Adds looks up: bounded by how many applications, waits and statements there are, not by how long it is watched. */
export class Sessions {
  readonly #applications = new Map<string, Application>()
  readonly #waits = new Map<string, { type: string; event: string; sessions: number }>()
  readonly #statements = new Map<string, { seen: number; heldUp: number }>()
  readonly #holders = new Map<number, LockHolder>()
  readonly #blocked = new Map<string, SeenStatement>()
  readonly #asleep = new Map<string, SeenStatement>()
  readonly #open = new Map<number, ToldSession>()
  #looks = 0
  #lockLooks = 0
  #busy = 0
  #peak = 0
  #busyPeak = 0
  #waiting = 0
  #sleeping = 0

  /** @returns what the timeline shows */
  add(look: Look, judged: boolean): { connections: number; busy: number; waitingForLocks: number } {
    const here = look.sessions.filter((group) => group.here)
    const busyGroups = here.filter((group) => group.busy === true)
    const connections = count(look.sessions)
    const busy = count(busyGroups)
    const waitingForLocks = count(busyGroups.filter((group) => group.wait_type === 'Lock'))
    this.#peak = Math.max(this.#peak, connections)
    this.#busyPeak = Math.max(this.#busyPeak, busy)
    this.#addApplications(here, judged)
    if (judged) {
      this.#looks++
      this.#busy += busy
      this.#waiting += waitingForLocks
      if (waitingForLocks > 0) this.#lockLooks++
      for (const group of busyGroups) this.#addWait(group)
      this.#tell(look.told)
    }
    return { connections, busy, waitingForLocks }
  }

  /** @param busyMeasured sessions that were busy at once, by the server's own clock: a look a second may fall between short ones */
  connections(limit: number, busyMeasured: number): ConnectionUsage {
    const looks = Math.max(1, this.#looks)
    const applications: ApplicationConnections[] = [...this.#applications.values()]
      .map(({ application, role, peak, busySum, busyLooks }) => ({
        application,
        role,
        peak,
        busyMean: busySum / looks,
        allBusy: (busyLooks.get(peak) ?? 0) / looks,
      }))
      .filter(({ peak }) => peak > 0)
      .sort((a, b) => b.peak - a.peak || b.busyMean - a.busyMean)
    return {
      limit,
      peak: this.#peak,
      busyPeak: this.#busyPeak,
      busyMean: Math.max(busyMeasured, this.#busy / looks),
      applications,
    }
  }

  waits(): WaitUsage[] {
    const looks = Math.max(1, this.#looks)
    return [...this.#waits.values()]
      .sort((a, b) => b.sessions - a.sessions)
      .slice(0, 15)
      .map(({ type, event, sessions }) => ({ type, event, sessions: sessions / looks, share: sessions / this.#busy }))
  }

  evidence(): SessionEvidence {
    const looks = Math.max(1, this.#looks)
    return {
      looks: this.#looks,
      busy: this.#busy / looks,
      waitingForLocks: this.#waiting / looks,
      sleeping: this.#sleeping / looks,
      lockLooks: this.#lockLooks,
      holders: [...this.#holders.values()].sort((a, b) => b.looks - a.looks || b.seconds - a.seconds),
      blocked: mostFrequent(this.#blocked),
      asleep: mostFrequent(this.#asleep),
      open: [...this.#open.values()].sort((a, b) => (b.transaction_seconds ?? 0) - (a.transaction_seconds ?? 0)),
      heldUp: new Map([...this.#statements].map(([id, { seen, heldUp }]) => [id, heldUp / seen])),
    }
  }

  #addApplications(groups: readonly SessionGroup[], judged: boolean): void {
    const now = new Map<string, { application: string; role: string; open: number; busy: number }>()
    for (const { application, role, listens, busy, sessions } of groups) {
      if (listens === true) continue
      const key = `${application}\n${role}`
      const sum = now.get(key) ?? { application, role, open: 0, busy: 0 }
      sum.open += sessions
      if (busy === true) sum.busy += sessions
      now.set(key, sum)
    }
    for (const [key, { application, role, open, busy }] of now) {
      const known = this.#applications.get(key) ?? { application, role, peak: 0, busySum: 0, busyLooks: new Map() }
      known.peak = Math.max(known.peak, open)
      if (judged) {
        known.busySum += busy
        known.busyLooks.set(busy, (known.busyLooks.get(busy) ?? 0) + 1)
      }
      this.#applications.set(key, known)
    }
  }

  #addWait({ wait_type, wait_event, statement, sessions }: SessionGroup): void {
    const type = wait_type ?? 'CPU'
    const event = wait_event ?? 'running'
    const wait = this.#waits.get(`${type} ${event}`) ?? { type, event, sessions: 0 }
    wait.sessions += sessions
    this.#waits.set(`${type} ${event}`, wait)
    if (event === 'PgSleep') this.#sleeping += sessions
    if (statement === null) return
    const seen = this.#statements.get(statement) ?? { seen: 0, heldUp: 0 }
    seen.seen += sessions
    if (type === 'Lock' || event === 'PgSleep') seen.heldUp += sessions
    this.#statements.set(statement, seen)
  }

  #tell(told: readonly ToldSession[]): void {
    for (const session of told) {
      if (session.why === 'waits') see(this.#blocked, session)
      if (session.why === 'sleeps') see(this.#asleep, session)
      if (session.why === 'open') this.#addOpen(session)
    }
    // A session that blocks and waits itself is listed as one that waits: it is not the cause.
    for (const session of told) {
      if (session.why !== 'blocks') continue
      const { pid } = session
      const before = this.#holders.get(pid)
      // Thousands of short transactions that hold each other up for a moment would fill the memory: the first ones tell enough.
      if (before === undefined && this.#holders.size >= 1000) continue
      this.#holders.set(pid, {
        pid,
        application: session.application,
        role: session.role,
        open: session.open || before?.open === true,
        query: session.query,
        seconds: Math.max(before?.seconds ?? 0, session.transaction_seconds ?? 0),
        looks: (before?.looks ?? 0) + 1,
      })
    }
  }

  #addOpen(session: ToldSession): void {
    const before = this.#open.get(session.pid)
    if (before === undefined && this.#open.size >= 1000) return
    if ((before?.transaction_seconds ?? 0) <= (session.transaction_seconds ?? 0)) this.#open.set(session.pid, session)
  }
}

function count(groups: readonly SessionGroup[]): number {
  return groups.reduce((sum, { sessions }) => sum + sessions, 0)
}

function see(seen: Map<string, SeenStatement>, { statement, query }: ToldSession): void {
  const key = statement ?? query
  const before = seen.get(key)
  if (before === undefined && seen.size >= 1000) return
  seen.set(key, { id: statement, query, times: (before?.times ?? 0) + 1 })
}

function mostFrequent(seen: ReadonlyMap<string, SeenStatement>): SeenStatement[] {
  return [...seen.values()].sort((a, b) => b.times - a.times).slice(0, 20)
}
