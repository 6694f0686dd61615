import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** A process, or a family of them, at a moment. */
export interface ProcessReading {
  /** Tells this process from a later one with the same number. */
  readonly identity: string
  /** Processor time since its start, of its children too, the ended ones included. */
  readonly cpuSeconds: number
  /** What several of the family share is counted once. */
  readonly memoryBytes: number
  /** Of these, what it has taken for itself, without files and shared memory. Absent where the system does not tell. */
  readonly ownBytes?: number
}

export interface ReadProcess {
  readonly pid: number
  readonly withChildren: boolean
}

/**
 * Reads processes: some 50 µs each on Linux, one `ps` for all elsewhere. Not with npm's pidusage: it knows neither the children that
 * ended (every connection to Postgres is a process) nor shared memory, which it would count once for each of them.
 *
 * @returns one for each asked, undefined for those that do not live
 */
export async function readProcesses(asked: readonly ReadProcess[]): Promise<(ProcessReading | undefined)[]> {
  if (process.platform === 'linux') return asked.map(readLinux)
  const listed = await listWithPs()
  return asked.map((one) => readListed(one, listed))
}

/** Ticks of /proc: USER_HZ is 100 on every architecture that Node runs on. */
const ticksPerSecond = 100

interface LinuxProcess {
  start: string
  cpuTicks: number
  endedChildrenTicks: number
  own: number
  file: number
  shared: number
}

function readLinux({ pid, withChildren }: ReadProcess): ProcessReading | undefined {
  const root = readLinuxProcess(pid)
  if (root === undefined) return undefined
  if (!withChildren) {
    return {
      identity: `${pid}@${root.start}`,
      cpuSeconds: root.cpuTicks / ticksPerSecond,
      memoryBytes: root.own + root.file + root.shared,
      ownBytes: root.own,
    }
  }
  const family = [root]
  for (const child of linuxChildren(pid)) {
    const read = readLinuxProcess(child)
    if (read !== undefined) family.push(read)
  }
  let ticks = 0
  let own = 0
  for (const member of family) {
    // A child's time moves to its parent's "ended children" when it ends, so that the sum never loses it.
    ticks += member.cpuTicks + member.endedChildrenTicks
    own += member.own
  }
  const common = Math.max(...family.map(({ file }) => file)) + Math.max(...family.map(({ shared }) => shared))
  const identity = `${pid}@${root.start}`
  return { identity, cpuSeconds: ticks / ticksPerSecond, memoryBytes: own + common, ownBytes: own }
}

// Synchronous reads: these files are made by the kernel on the spot, and a trip through the thread pool costs more than they do.
function readLinuxProcess(pid: number): LinuxProcess | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The second field is the program's name in parentheses and may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    const ticks = (index: number) => Number(fields[index])
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    const kilobytes = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) * 1024
    return {
      start: fields[19] ?? '',
      cpuTicks: ticks(11) + ticks(12),
      endedChildrenTicks: ticks(13) + ticks(14),
      own: kilobytes('RssAnon'),
      file: kilobytes('RssFile'),
      shared: kilobytes('RssShmem'),
    }
  } catch {
    return undefined
  }
}

function linuxChildren(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number)
  } catch {
    // A kernel without CONFIG_PROC_CHILDREN.
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((child) => parentOf(child) === pid)
  }
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return undefined
  }
}

interface PsProcess {
  pid: number
  parent: number
  memoryBytes: number
  cpuSeconds: number
  start: string
}

async function listWithPs(): Promise<PsProcess[]> {
  const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' }
  const args = ['-axo', 'pid=,ppid=,rss=,time=,lstart=']
  const { stdout } = await execute('ps', args, { env, maxBuffer: 1 << 24 }).catch(() => ({ stdout: '' }))
  return parsePs(stdout)
}

/** @param text of `ps -axo pid=,ppid=,rss=,time=,lstart=` */
export function parsePs(text: string): PsProcess[] {
  return text.split('\n').flatMap((line) => {
    const [pid, parent, kilobytes, time, ...start] = line.trim().split(/\s+/)
    if (time === undefined) return []
    return [
      {
        pid: Number(pid),
        parent: Number(parent),
        memoryBytes: Number(kilobytes) * 1024,
        cpuSeconds: secondsOf(time),
        start: start.join(' '),
      },
    ]
  })
}

/** `1-02:03:04`, `02:03:04`, `3:04.25` */
function secondsOf(time: string): number {
  const [clock = '', days] = time.split('-').reverse()
  const seconds = clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
  return Number(days ?? 0) * 86_400 + seconds
}

function readListed({ pid, withChildren }: ReadProcess, listed: readonly PsProcess[]): ProcessReading | undefined {
  const root = listed.find((one) => one.pid === pid)
  if (root === undefined) return undefined
  const family = withChildren ? listed.filter((one) => one.pid === pid || one.parent === pid) : [root]
  return {
    identity: `${pid}@${root.start}`,
    cpuSeconds: family.reduce((sum, one) => sum + one.cpuSeconds, 0),
    // ps does not tell what is shared: for a family this is too much, and steady.
    memoryBytes: family.reduce((sum, one) => sum + one.memoryBytes, 0),
  }
}
