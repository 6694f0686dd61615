import { z } from 'zod'
import { isObject } from './layers.ts'

// Each kind's defaults are its built-in profile: on a laptop every one but `soak` takes a minute or two.

const seconds = z.number().nonnegative().max(86_400)
const users = z.int().min(1).max(1_000_000)
const rate = z.int().min(1).max(1_000_000)
const maxUsers = users
  .optional()
  .describe('open model: how many may be busy at once; left out, enough for answers that take half a second')
const rampUp = (value: number) => seconds.default(value).describe('from nobody to the load, not judged')
const rampDown = (value: number) => seconds.default(value).describe('from the load to nobody, not judged')

const load = z
  .strictObject({
    kind: z.literal('load').optional().default('load'),
    users: users.optional().describe('closed model: how many are active at once at the top; 1000 without `rate`'),
    rate: rate.optional().describe('open model, instead of `users`: iterations that begin per second'),
    maxUsers,
    rampUpSeconds: rampUp(10),
    holdSeconds: seconds.min(1).default(40).describe('the steady part, on which the thresholds are judged'),
    rampDownSeconds: rampDown(8),
  })
  .superRefine((profile, context) => {
    if (profile.rate === undefined && profile.maxUsers !== undefined) {
      context.addIssue({ code: 'custom', path: ['maxUsers'], message: 'is of the open model, which needs a `rate`' })
    }
    if (profile.rate !== undefined && profile.users !== undefined) {
      context.addIssue({ code: 'custom', path: ['users'], message: 'and `rate` exclude each other: leave one out' })
    }
  })
  .transform((profile) => (profile.rate === undefined ? { ...profile, users: profile.users ?? 1000 } : profile))
  .describe('a load: users come, stay, and go')

const spike = z
  .strictObject({
    kind: z.literal('spike'),
    users: users.default(100).describe('the normal load'),
    factor: z.number().min(1.1).max(1000).default(10).describe('how many times the normal load the surge is'),
    rampUpSeconds: rampUp(5),
    beforeSeconds: seconds.min(1).default(15).describe('normal load, judged'),
    surgeSeconds: seconds.default(5).describe('from the normal load to the peak; --duration does not lengthen it'),
    duringSeconds: seconds.min(1).default(20).describe('the peak, judged'),
    fallSeconds: seconds.default(5).describe('back to the normal load; --duration does not lengthen it'),
    afterSeconds: seconds.min(1).default(25).describe('normal load again, judged'),
    rampDownSeconds: rampDown(5),
  })
  .describe('a spike: normal load, all at once many times as much, and back')

const stress = z
  .strictObject({
    kind: z.literal('stress'),
    startRate: rate.default(50).describe('iterations per second of the first step'),
    stepRate: rate.default(50).describe('by how much each step is above the one before'),
    maxRate: rate.default(600).describe('the last step; the run ends earlier when two steps in a row break'),
    stepSeconds: seconds.min(1).default(10).describe('each step at its rate, judged; --duration does not change it'),
    settleSeconds: seconds.min(0).default(3).describe('from one step to the next, not judged'),
    maxUsers,
  })
  .superRefine(({ startRate, maxRate }, context) => {
    if (maxRate < startRate) {
      context.addIssue({ code: 'custom', path: ['maxRate'], message: `is under startRate (${startRate})` })
    }
  })
  .describe('stress: the rate climbs in steps until the service levels break')

const recovery = z
  .strictObject({
    kind: z.literal('recovery'),
    users: users.default(100),
    rampUpSeconds: rampUp(5),
    beforeSeconds: seconds.min(1).default(15).describe('judged'),
    outageSeconds: seconds.min(1).default(30).describe('begins with the fault; not judged but measured'),
    afterSeconds: seconds.min(1).default(30).describe('judged: everything must be well again'),
    rampDownSeconds: rampDown(5),
  })
  .describe('recovery: the database is killed under a steady load')

const soak = z
  .strictObject({
    kind: z.literal('soak'),
    users: users.default(200),
    rampUpSeconds: rampUp(10),
    holdSeconds: seconds.min(1).default(1800).describe('the long steady part, judged'),
    rampDownSeconds: rampDown(8),
    maxDriftPercent: z.number().positive().default(20).describe('the p95 may grow by this much over the steady part'),
    maxMemoryGrowthPercent: z
      .number()
      .positive()
      .default(20)
      .describe("a server process's memory may grow by this much over the steady part"),
  })
  .describe('a soak: a moderate load for long')

export const loadProfile = z
  .discriminatedUnion('kind', [load, spike, stress, recovery, soak], {
    error: ({ code }) =>
      code === 'invalid_union' ? 'kind is none of: load, spike, stress, recovery, soak' : undefined,
  })
  .meta({ id: 'profile' })

export type LoadProfile = z.output<typeof loadProfile>

/**
 * `load` is the run of the document (1000 users at once); `smoke` says within seconds whether anything works at all.
 */
export const builtInProfiles = {
  load: loadProfile.parse({}),
  spike: loadProfile.parse({ kind: 'spike' }),
  stress: loadProfile.parse({ kind: 'stress' }),
  recovery: loadProfile.parse({ kind: 'recovery' }),
  soak: loadProfile.parse({ kind: 'soak' }),
  smoke: loadProfile.parse({ users: 10, rampUpSeconds: 1, holdSeconds: 8, rampDownSeconds: 1 }),
} satisfies Record<string, LoadProfile>

/**
 * Profiles as written, with the built-in one underneath where the name is one of those and the kind is not another: a file may
 * say `"load": { "users": 200 }` and no more.
 */
export function withBuiltInProfiles(written: Record<string, unknown>): Record<string, unknown> {
  const builtIn: Record<string, LoadProfile> = builtInProfiles
  return Object.fromEntries(
    Object.entries(written).map(([name, profile]) => {
      const base = Object.hasOwn(builtIn, name) ? builtIn[name] : undefined
      if (!isObject(profile) || base === undefined) return [name, profile]
      if (profile.kind !== undefined && profile.kind !== base.kind) return [name, profile]
      if (profile.rate === undefined || base.kind !== 'load') return [name, { ...base, ...profile }]
      const { users: _, ...withoutUsers } = base
      return [name, { ...withoutUsers, ...profile }]
    }),
  )
}

/** The highest load that a profile asks for by itself. */
export function topOfProfile(profile: LoadProfile): { users?: number | undefined; rate?: number | undefined } {
  switch (profile.kind) {
    case 'load':
      return profile.rate === undefined ? { users: profile.users } : { rate: profile.rate, users: profile.maxUsers }
    case 'spike':
      return { users: Math.round(profile.users * profile.factor) }
    case 'stress':
      return { rate: profile.maxRate, users: profile.maxUsers }
    case 'recovery':
    case 'soak':
      return { users: profile.users }
  }
}
