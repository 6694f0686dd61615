import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { connect, loadConfig, resolveThresholds } from '@journeys/core/ops'
import { findK6 } from '@journeys/loadtest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { type ExportTarget, exportLoadTest, removeExport } from '../../packages/loadtest/src/export/export-load-test.ts'
import { configMapManifest, testRunManifest } from '../../packages/loadtest/src/export/k6-operator.ts'
import { k6Thresholds } from '../../packages/loadtest/src/export/k6-thresholds.ts'
import type { LoadPlan } from '../../packages/loadtest/src/profiles/plan.ts'
import { loadScenarioFiles } from '../../packages/loadtest/src/scenario-file/load-scenario-files.ts'
import { createTestStack, type TestStack } from '../support/stack.ts'
import { targetOf, withFolder } from './quick-load.ts'

const k6 = await findK6(process.env)

interface OpenApiSchema {
  readonly [keyword: string]: unknown
}

/**
 * A Kubernetes schema as JSON Schema: `x-kubernetes-int-or-string` says nothing there, and what a resource does not know is
 * refused, as by `kubectl apply` with its strict validation.
 */
function strict(schema: OpenApiSchema): OpenApiSchema {
  const { properties, items, additionalProperties, anyOf: _, allOf: __, format: ___, ...rest } = schema
  if (schema['x-kubernetes-int-or-string']) return { anyOf: [{ type: 'integer' }, { type: 'string' }] }
  return {
    ...Object.fromEntries(Object.entries(rest).filter(([keyword]) => !keyword.startsWith('x-'))),
    ...(properties
      ? {
          properties: Object.fromEntries(
            Object.entries(properties as Record<string, OpenApiSchema>).map(([name, one]) => [name, strict(one)]),
          ),
          additionalProperties: false,
        }
      : {}),
    ...(items ? { items: strict(items as OpenApiSchema) } : {}),
    ...(additionalProperties ? { additionalProperties: strict(additionalProperties as OpenApiSchema) } : {}),
  }
}

const options = {
  name: 'journeys-20261123-140211-9f3a',
  parallelism: 4,
  k6Version: '1.8.1',
  script: 'export default function () {}\n// a `quote`, a "quote" and a\ttab: % {{ }}\n',
  k6Config: '{"thresholds":{}}\n',
  secretFiles: ['input.json', 'users-1.json', 'users-2.json'],
}

describe('the manifests for the k6 operator', () => {
  let schema: z.ZodType
  beforeAll(async () => {
    const text = await readFile(path.join(import.meta.dirname, 'k6-operator/k6.io_testruns.yaml'), 'utf8')
    const [version] = parse(text).spec.versions
    const { spec, apiVersion, kind } = version.schema.openAPIV3Schema.properties
    const properties = { apiVersion, kind, metadata: { type: 'object' }, spec }
    schema = z.fromJSONSchema({
      ...strict({ type: 'object', properties, required: ['apiVersion', 'kind', 'metadata', 'spec'] }),
    } as Parameters<typeof z.fromJSONSchema>[0])
  })

  test('are what the published resource definition asks for', () => {
    const manifest = parse(testRunManifest(options))
    expect(schema.safeParse({ ...manifest, metadata: {} }).error).toBeUndefined()
    expect(manifest.metadata.name).toBe(options.name)
    expect(manifest.spec.parallelism).toBe(4)
    // The check can see what is wrong.
    for (const wrong of [{ parallelism: 'four' }, { runer: {} }, { script: undefined }, { runner: { image: 5 } }]) {
      const spec = { ...manifest.spec, ...wrong }
      expect(schema.safeParse({ ...manifest, metadata: {}, spec }).success, JSON.stringify(wrong)).toBe(false)
    }
  })

  test('mount the script and the secrets that a person makes as one folder', () => {
    const { runner, script } = parse(testRunManifest(options)).spec
    expect(runner.volumes[0].projected.sources).toEqual([
      { configMap: { name: `${options.name}-script` } },
      { secret: { name: `${options.name}-input` } },
      { secret: { name: `${options.name}-users-1` } },
      { secret: { name: `${options.name}-users-2` } },
    ])
    expect(script.localFile.startsWith(`${runner.volumeMounts[0].mountPath}/`)).toBe(true)
  })

  test('carry the script as it is', () => {
    const { data, metadata } = parse(configMapManifest(options))
    expect(data).toEqual({ 'script.js': options.script, 'config.json': options.k6Config })
    expect(metadata.name).toBe(`${options.name}-script`)
  })

  test('are refused when Kubernetes would not take them', () => {
    expect(() => configMapManifest({ ...options, script: 'x'.repeat(1_100_000) })).toThrow(
      'the bundled script has 1100 KB',
    )
  })
})

describe('thresholds for a k6 that judges by itself', () => {
  const plan = {
    kind: 'spike',
    stages: [
      { phase: 'ramp', judged: false, durationMs: 5_000, target: 10 },
      { phase: 'before', judged: true, durationMs: 20_000, target: 10 },
      { phase: 'during', judged: true, durationMs: 10_000, target: 100 },
    ],
  } as unknown as LoadPlan
  const rules = resolveThresholds({
    http_req_duration: ['p(95)<200'],
    'http_req_duration{scenario:visit,phase:during}': [
      { threshold: 'avg<=80.5', abortOnFail: true, delayAbortEval: '10s' },
    ],
    http_reqs: ['rate>100'],
    dropped_iterations: ['count<10'],
    http_req_failed: ['rate<0.02'],
  })

  test('are on the phases that are judged; a rate of requests, which k6 takes over the whole run, is a count of the phase', () => {
    expect(k6Thresholds(plan, rules)).toEqual({
      'http_req_duration{phase:before}': [{ threshold: 'p(95)<200' }],
      'http_req_duration{phase:during}': [{ threshold: 'p(95)<200' }],
      'http_req_duration{phase:during,scenario:visit}': [
        { threshold: 'avg<=80.5', abortOnFail: true, delayAbortEval: '10000ms' },
      ],
      'http_reqs{phase:before}': [{ threshold: 'count>2000' }],
      'http_reqs{phase:during}': [{ threshold: 'count>1000' }],
      dropped_iterations: [{ threshold: 'count<10' }],
      'http_req_failed{phase:before}': [{ threshold: 'rate<0.02' }],
      'http_req_failed{phase:during}': [{ threshold: 'rate<0.02' }],
    })
  })

  test('ask of each of four generators a fourth of the requests, and the same latency', () => {
    const shared = k6Thresholds(plan, rules, 4)
    expect(shared['http_reqs{phase:during}']).toEqual([{ threshold: 'count>250' }])
    expect(shared['http_req_duration{phase:during}']).toEqual([{ threshold: 'p(95)<200' }])
  })

  test('are none for a stress plan, which is made to cross them', async () => {
    expect(k6Thresholds({ ...plan, kind: 'stress' }, rules)).toEqual({})
    const { config } = await loadConfig({ workdir: import.meta.dirname, processEnv: {} })
    expect(Object.keys(k6Thresholds(plan, resolveThresholds(config.loadtest.thresholds))).length).toBeGreaterThan(3)
  })
})

describe('an exported load test', () => {
  let stack: TestStack
  beforeAll(async () => {
    stack = await createTestStack()
  })
  afterAll(() => stack?.stop())

  async function exporting(to: ExportTarget, folder: string, change: object = {}) {
    const { config } = await loadConfig({ workdir: folder, processEnv: {} })
    const thresholds = { http_req_duration: ['p(95)<5000'], http_req_failed: ['rate<0.02'] }
    return exportLoadTest({
      to,
      target: targetOf(stack),
      config: { ...config, loadtest: { ...config.loadtest, thresholds } },
      profile: 'smoke',
      users: 6,
      duration: 4,
      folder,
      processEnv: process.env,
      ...change,
    })
  }

  async function usersLeft(): Promise<number> {
    const database = await connect(stack.database.superuserUrl)
    const { rows } = await database.query<{ n: number }>('select count(*)::int as n from auth.users')
    await database.end()
    return rows[0]?.n ?? -1
  }

  test('for Kubernetes has its secrets apart, for its owner only, and its users go when they are told to', () =>
    withFolder(async (folder) => {
      const exported = await exporting('k6-operator', folder, { parallelism: 2 })
      expect((await readdir(exported.folder)).sort()).toEqual(exported.files.map(({ name }) => name).sort())
      const users = JSON.parse(await readFile(path.join(exported.folder, 'users-1.json'), 'utf8'))
      expect(users).toHaveLength(6)
      for (const { name, secret } of exported.files) {
        const file = path.join(exported.folder, name)
        if (process.platform !== 'win32') expect((await stat(file)).mode & 0o077, name).toBe(secret ? 0 : 0o044)
        const text = await readFile(file, 'utf8')
        const holds = [stack.anonKey, stack.serviceRoleKey, stack.jwtSecret, stack.url, 'eyJ'].filter((one) =>
          text.includes(one),
        )
        if (!secret) expect(holds, name).toEqual([])
      }
      expect(exported.commands.slice(0, 2)).toEqual([
        `kubectl create secret generic journeys-${exported.id}-input --from-file=input.json`,
        `kubectl create secret generic journeys-${exported.id}-users-1 --from-file=users-1.json`,
      ])
      expect(await usersLeft()).toBe(6)
      expect(await removeExport(targetOf(stack), exported.id)).toEqual({ removed: 6, left: 0 })
      expect(await usersLeft()).toBe(0)
    }))

  test.runIf(k6)('runs in a k6 that knows nothing of journeys, as two pods would run it', () =>
    withFolder(async (folder) => {
      const exported = await exporting('k6-operator', folder, { parallelism: 2 })
      const { data } = parse(await readFile(path.join(exported.folder, 'configmap.yaml'), 'utf8'))
      // As the volumes of the TestRun put them together.
      const pod = path.join(folder, 'pod')
      await mkdir(pod)
      for (const [name, text] of Object.entries<string>(data)) await writeFile(path.join(pod, name), text)
      for (const name of exported.files.filter(({ secret }) => secret).map(({ name }) => name)) {
        await writeFile(path.join(pod, name), await readFile(path.join(exported.folder, name)))
      }
      const sequence = ['--execution-segment-sequence', '0,1/2,1']
      const runs = ['0:1/2', '1/2:1'].map(async (segment, index) => {
        // Where the pod writes its summary.
        const cwd = path.join(folder, `home-${index}`)
        await mkdir(cwd)
        const words = ['--quiet', '--no-usage-report', '--address', '', '--execution-segment', segment, ...sequence]
        const script = ['--config', path.join(pod, 'config.json'), path.join(pod, 'script.js')]
        await promisify(execFile)(k6?.path as string, ['run', ...words, ...script], { cwd })
        return JSON.parse(await readFile(path.join(cwd, 'summary.json'), 'utf8'))
      })
      for (const { metrics } of await Promise.all(runs)) {
        expect(metrics.http_reqs.values.count).toBeGreaterThan(2)
        expect(metrics.http_req_failed.values.rate).toBe(0)
        expect(metrics['http_req_duration{phase:steady}'].thresholds['p(95)<5000'].ok).toBe(true)
        expect(metrics.vus_max.values.max).toBe(3)
      }
      await removeExport(targetOf(stack), exported.id)
    }),
  )

  test.runIf(k6)(
    'of a scenario of your own is an archive that k6 takes, and ends with 99 when a threshold is crossed',
    () =>
      withFolder(async (folder) => {
        const scenarios = await loadScenarioFiles(
          ['docs/examples/weekly-review.ts'],
          path.resolve(import.meta.dirname, '../..'),
        )
        const { config } = await loadConfig({ workdir: folder, processEnv: {} })
        const strict = {
          ...config,
          loadtest: { ...config.loadtest, thresholds: { http_req_duration: ['p(95)<0.01'] } },
        }
        const exported = await exporting('grafana-cloud', folder, { scenarios, config: strict })
        await scenarios.remove()
        const archive = path.join(exported.folder, 'archive.tar')
        if (process.platform !== 'win32') expect((await stat(archive)).mode & 0o077).toBe(0)
        expect(exported.commands).toEqual(['k6 cloud login', 'k6 cloud run archive.tar'])
        expect(exported.notes.join()).toContain('the target is this machine')
        const words = ['run', '--quiet', '--no-usage-report', '--address', '', archive]
        const ended = await promisify(execFile)(k6?.path as string, words, { cwd: folder }).catch((error) => error)
        expect(ended.code, ended.stderr).toBe(99)
        const { metrics } = JSON.parse(await readFile(path.join(folder, 'summary.json'), 'utf8'))
        expect(metrics.checks.values.fails).toBe(0)
        expect(metrics.http_req_failed.values.rate).toBe(0)
        await removeExport(targetOf(stack), exported.id)
      }),
  )

  test('has as many secrets as its users need', () =>
    withFolder(async (folder) => {
      const exported = await exporting('k6-operator', folder, { users: 1_200 })
      expect(exported.commands.filter((command) => command.startsWith('kubectl create'))).toHaveLength(3)
      for (const { name, secret } of exported.files) {
        if (secret) expect((await stat(path.join(exported.folder, name))).size, name).toBeLessThan(1_000_000)
      }
      const { userFiles } = JSON.parse(await readFile(path.join(exported.folder, 'input.json'), 'utf8'))
      expect(userFiles).toEqual(['users-1.json', 'users-2.json'])
      await removeExport(targetOf(stack), exported.id)
    }))

  test('is refused at production, without the name of what it will load, and for a profile that needs somebody here', () =>
    withFolder(async (folder) => {
      const refused = (change: object) => expect(exporting('k6-operator', folder, change)).rejects
      const target = { ...targetOf(stack), name: 'staging', supabaseUrl: 'https://staging.example.com' }
      await refused({ target: { ...target, production: true } }).toMatchObject({
        code: 'production_refused',
        exitCode: 2,
      })
      await refused({ target }).toMatchObject({ code: 'confirmation_needed', exitCode: 2 })
      await refused({ profile: 'recovery', duration: undefined }).toMatchObject({ code: 'not_exportable', exitCode: 2 })
      // Made, and removed again.
      const processEnv = { ...process.env, JOURNEYS_K6: path.join(folder, 'none') }
      await refused({ processEnv }).toMatchObject({ code: 'k6_unusable', exitCode: 2 })
      expect(await usersLeft()).toBe(0)
      expect(await readdir(folder)).toEqual([])
    }))
})
