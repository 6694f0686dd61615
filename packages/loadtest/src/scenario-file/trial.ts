/**
 * Runs inside an empty JavaScript context (try-scenarios.ts), which has as little as k6's: looks at what scenario files export
 * and plays each scenario against answers that are made up, before any user is made. No import but of types.
 */
import type { Answer, Method, RequestOptions, Visitor } from '../scenarios/visitor.ts'

/** Something that a person has to mend. */
export interface TrialFinding {
  /** Which of the files. */
  readonly file: number
  readonly problem: string
  readonly fix: string
  /** Of where it happened; absent when it is about the export as a whole. */
  readonly stack?: string | undefined
}

export interface TrialOutcome {
  readonly findings: TrialFinding[]
  /** In the order of the files, when nothing was found. */
  readonly weights: Record<string, number>
}

interface Defined {
  readonly file: number
  readonly name: string
  readonly run: (visitor: Visitor) => unknown
}

const namePattern = /^[a-z][a-z0-9_]{0,47}$/
const methods: readonly Method[] = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE']
const tables = ['journal_entries', 'purchases', 'profiles']
const members = ['user', 'request', 'pause', 'check', 'wrote']
/** Requests and pauses of one visit: what does more, waits for something that these answers never say. */
const longestVisit = 1_000
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}/i

/** @param modules the files' exports, in order */
export async function tryScenarios(modules: readonly { default?: unknown }[]): Promise<TrialOutcome> {
  const { findings, defined, weights } = readDefinitions(modules)
  if (findings.length > 0) return { findings, weights }
  for (const definition of defined) {
    // An answer that is empty, then none at all: a scenario has to live with both.
    const finding = (await play(definition, 200)) ?? (await play(definition, 0))
    if (finding) findings.push(finding)
  }
  return { findings, weights }
}

function readDefinitions(modules: readonly { default?: unknown }[]) {
  const findings: TrialFinding[] = []
  const defined: Defined[] = []
  const weights: Record<string, number> = {}
  modules.forEach((module, file) => {
    const found = (problem: string, fix: string) => findings.push({ file, problem, fix })
    const exported = module.default
    const list: unknown[] = Array.isArray(exported) ? exported : [exported]
    if (exported === undefined) {
      found(
        'nothing is exported as default',
        "end it with `export default defineScenario({ name: '...', async run(visitor) {} })`",
      )
      return
    }
    if (list.length === 0)
      found('the default export is an empty list', 'put at least one defineScenario({ ... }) into it')
    for (const one of list) {
      const { name, weight = 1, run } = (typeof one === 'object' && one !== null ? one : {}) as Record<string, unknown>
      if (typeof run !== 'function' || typeof name !== 'string') {
        found(
          `the default export ${Array.isArray(exported) ? 'holds' : 'is'} something that is not a scenario: ${describe(one)}`,
          "a scenario is `defineScenario({ name: '...', async run(visitor) {} })`",
        )
      } else if (!namePattern.test(name)) {
        found(
          `"${name}" is not a name for a scenario`,
          'use a lower-case letter first, then letters, digits and underscores, 48 at most',
        )
      } else if (typeof weight !== 'number' || !Number.isFinite(weight) || weight < 0) {
        found(`the weight of ${name} is ${describe(weight)}`, 'give a number of 0 or more; 0 leaves the scenario out')
      } else if (Object.hasOwn(weights, name)) {
        found(`there are two scenarios named ${name}`, 'every scenario needs a name of its own')
      } else {
        weights[name] = weight
        defined.push({ file, name, run: (visitor) => run.call(one, visitor) })
      }
    }
  })
  if (findings.length === 0 && !Object.values(weights).some((weight) => weight > 0)) {
    findings.push({
      file: 0,
      problem: 'no scenario has a weight above 0',
      fix: 'give at least one of them a weight of 1',
    })
  }
  return { findings, defined, weights }
}

/** Ends a visit that has shown what is wrong. */
class Wrong {
  readonly problem: string
  readonly fix: string
  readonly stack: string | undefined

  constructor(problem: string, fix: string) {
    this.problem = problem
    this.fix = fix
    this.stack = new Error(problem).stack
  }
}

/** One visit. @returns what is wrong with it, if anything; what a scenario throws over an odd answer is its own affair */
async function play({ file, name, run }: Defined, status: 0 | 200): Promise<TrialFinding | undefined> {
  const trial = new TrialVisitor(status)
  let thrown: unknown
  try {
    await run(trial.visitor())
  } catch (error) {
    thrown = error
  }
  const wrong = trial.wrong ?? (thrown instanceof Wrong ? thrown : undefined)
  const of = `scenario ${name}`
  if (wrong) return { file, problem: `${of} ${wrong.problem}`, fix: wrong.fix, stack: wrong.stack }
  if (thrown instanceof ReferenceError) {
    const fix =
      'a scenario has the JavaScript language and its visitor, on every engine; nothing of Node or of a browser'
    return { file, problem: `${of} stopped: ${thrown.message}`, fix, stack: thrown.stack }
  }
  if (thrown === undefined && trial.underWay > 0) {
    const fix = 'write `await visitor.request(...)` and `await visitor.pause()`'
    return { file, problem: `${of} ends before its ${trial.lastBegun} does`, fix, stack: trial.lastStack }
  }
  return undefined
}

/** Does nothing, and notes what is asked for wrongly. */
class TrialVisitor {
  wrong: Wrong | undefined
  underWay = 0
  lastBegun = ''
  lastStack: string | undefined
  readonly #status: 0 | 200
  #steps = 0

  constructor(status: 0 | 200) {
    this.#status = status
  }

  visitor(): Visitor {
    const visitor: Visitor = {
      user: { id: '3f6a1f6e-0000-4000-8000-000000000001' },
      request: (method, path, options) => {
        this.#checkRequest(method, path, options)
        return this.#step('request', this.#answer())
      },
      pause: () => this.#step('pause', undefined),
      check: (name, passed) => {
        if (typeof name !== 'string') this.#stop('calls check without a name', 'visitor.check(name, passed)')
        if (typeof passed !== 'boolean') {
          this.#stop(
            `passes ${describe(passed)} to check "${name}"`,
            'give true or false, such as answer.status === 200',
          )
        }
      },
      wrote: (table, id) => {
        if (!tables.includes(table)) this.#stop(`notes a write to ${describe(table)}`, `one of: ${tables.join(', ')}`)
        if (typeof id !== 'string') this.#stop('notes a write without an id', "visitor.wrote('journal_entries', id)")
      },
    }
    return new Proxy(visitor, {
      get: (target, member, receiver) => {
        // `await visitor` asks for `then`.
        if (typeof member === 'string' && member !== 'then' && !members.includes(member)) {
          this.#stop(`asks for visitor.${member}, which is not there`, `visitor has ${members.join(', ')}`)
        }
        return Reflect.get(target, member, receiver)
      },
    })
  }

  #checkRequest(method: unknown, path: unknown, options: RequestOptions | undefined): void {
    const call = "visitor.request('GET', '/rest/v1/profiles?select=*', { name: 'GET profiles' })"
    if (!(methods as unknown[]).includes(method)) {
      this.#stop(`sends a request with method ${describe(method)}`, `one of: ${methods.join(', ')}`)
    }
    if (typeof path !== 'string' || !path.startsWith('/')) {
      this.#stop(`sends a request to ${describe(path)}`, `a path begins with /, without the project's address: ${call}`)
    }
    if (typeof options?.name !== 'string' || options.name === '') {
      this.#stop(`sends ${method} ${path} without a name`, `name the row of the report that it counts in: ${call}`)
    } else if (uuid.test(options.name)) {
      this.#stop(`names a request "${options.name}"`, 'a name is the same for every user: leave ids out of it')
    }
    for (const [header, value] of Object.entries(options?.headers ?? {})) {
      if (typeof value !== 'string') this.#stop(`sends header ${header} with ${describe(value)}`, 'a header is a text')
    }
  }

  #answer(): Answer {
    const ok = this.#status === 200
    return { status: this.#status, ok, text: () => (ok ? '[]' : ''), json: () => (ok ? [] : undefined) }
  }

  async #step<T>(what: string, value: T): Promise<T> {
    this.#steps++
    if (this.#steps > longestVisit) {
      const answers = this.#status === 0 ? 'there is no answer' : 'every answer is an empty list'
      this.#stop(`goes on for ever when ${answers}`, 'end its loop after a number of tries')
    }
    this.underWay++
    this.lastBegun = what
    this.lastStack = new Error(what).stack
    // Long enough that a scenario which does not wait for it has ended.
    for (let turn = 0; turn < 20; turn++) await undefined
    this.underWay--
    return value
  }

  #stop(problem: string, fix: string): never {
    this.wrong ??= new Wrong(problem, fix)
    throw this.wrong
  }
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `"${value}"`
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return `{ ${Object.keys(value).join(', ')} }`
  return String(value)
}
