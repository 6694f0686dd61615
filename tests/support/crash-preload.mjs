// `node --import crash-preload.mjs packages/cli/bin/journeys.js ...`: hears of every step of a long operation (the diagnostics channel
// `journeys:step`, see packages/core/src/step.ts), writes each down, and at the one that CRASH_AT names kills this process or the
// database's. Everything here is synchronous: the product has not gone one statement further when it happens. Used by crash.ts only.
import { execFileSync } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'
import { appendFileSync, readdirSync, readFileSync } from 'node:fs'

const { CRASH_TRACE, CRASH_AT } = process.env
/** @type {import('./crash.ts').CrashOrder | undefined} */
const order = CRASH_AT ? JSON.parse(CRASH_AT) : undefined
let struck = false

subscribe('journeys:step', (event) => {
  appendFileSync(CRASH_TRACE, `${JSON.stringify({ ...event, at: performance.now() })}\n`)
  if (order === undefined || struck || event.step !== order.step) return
  if (event.moment === order.moment) strike()
  else if (order.moment === 'inside' && event.moment === 'begins') setTimeout(strike, order.afterMs)
})

function strike() {
  if (struck) return
  struck = true
  appendFileSync(CRASH_TRACE, `${JSON.stringify({ struck: true })}\n`)
  if (order.victim === 'cli') process.kill(process.pid, 'SIGKILL')
  else killPostgres(order.postmaster)
}

/** The postmaster first, so that it starts no more; then its children, which would still end the statement they are at. */
function killPostgres(postmaster) {
  const children = childrenOf(postmaster)
  for (const pid of [postmaster, ...children, ...childrenOf(postmaster)]) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch (error) {
      // Ended by itself in this moment.
      if (error.code !== 'ESRCH') throw error
    }
  }
}

function childrenOf(parent) {
  if (process.platform !== 'linux') {
    const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')
    return lines
      .map((line) => line.trim().split(/\s+/).map(Number))
      .flatMap(([pid, of]) => (of === parent ? [pid] : []))
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentOf(name) === parent)
    .map(Number)
}

/** The fourth field of /proc/<pid>/stat; the second one is a name in parentheses that may hold anything. */
function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return undefined
  }
}
