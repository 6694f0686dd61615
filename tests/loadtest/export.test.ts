import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { loadConfig, resolveThresholds } from '@journeys/core/ops'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { configMapManifest, fitsASecret, testRunManifest } from '../../packages/loadtest/src/export/k6-operator.ts'
import { k6Thresholds } from '../../packages/loadtest/src/export/k6-thresholds.ts'
import type { LoadPlan } from '../../packages/loadtest/src/profiles/plan.ts'

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

  test('mount the script and the secret that a person makes as one folder', () => {
    const { runner, script } = parse(testRunManifest(options)).spec
    expect(runner.volumes[0].projected.sources).toEqual([
      { configMap: { name: `${options.name}-script` } },
      { secret: { name: `${options.name}-users` } },
    ])
    expect(script.localFile.startsWith(`${runner.volumeMounts[0].mountPath}/`)).toBe(true)
  })

  test('carry the script as it is', () => {
    const { data, metadata } = parse(configMapManifest(options))
    expect(data).toEqual({ 'script.js': options.script, 'config.json': options.k6Config })
    expect(metadata.name).toBe(`${options.name}-script`)
  })

  test('are refused when Kubernetes would not take them', () => {
    expect(() => fitsASecret(['x'.repeat(600_000), 'x'.repeat(600_000)])).toThrow(
      "the users' tokens would take 1200 KB; Kubernetes takes 1,000",
    )
    expect(() => configMapManifest({ ...options, script: 'x'.repeat(1_100_000) })).toThrow(
      'the bundled script would take',
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
