import { ExitCode, JourneysError } from '@journeys/core/ops'
import { stringify } from 'yaml'

export interface OperatorOptions {
  /** Of the TestRun; the config map and the secret are named after it. */
  readonly name: string
  /** Pods that share the load. */
  readonly parallelism: number
  /** `1.8.1` */
  readonly k6Version: string
  readonly script: string
  readonly k6Config: string
  /** Names of the files that a person makes secrets of. */
  readonly secretFiles: readonly string[]
}

/** https://kubernetes.io/docs/concepts/configuration/configmap/: 1 MiB, names and all. */
const mostBytes = 1_000_000
/** Where both are mounted as one folder, so that the script finds the users beside it. */
const folder = '/test'

/** One for each file: together they may be too large for one. */
export function secretName(name: string, file: string): string {
  return `${name}-${file.replace(/\.json$/, '')}`
}

/** The bundled script and k6's configuration, for `kubectl apply`. It holds no key, token or address. */
export function configMapManifest({ name, script, k6Config }: OperatorOptions): string {
  mustFit(script)
  return `${header}${stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `${name}-script` },
    data: { 'config.json': k6Config, 'script.js': script },
  })}`
}

/**
 * https://grafana.com/docs/k6/latest/set-up/set-up-distributed-k6/usage/configure-testrun-crd/
 * A local file, though it comes from a config map: only so can the secret be in the same folder. The operator gives the first
 * pod, which reads the script, the same volumes as the others.
 */
export function testRunManifest({ name, parallelism, k6Version, secretFiles }: OperatorOptions): string {
  return `${header}${stringify({
    apiVersion: 'k6.io/v1alpha1',
    kind: 'TestRun',
    metadata: { name },
    spec: {
      parallelism,
      script: { localFile: `${folder}/script.js` },
      arguments: `--config ${folder}/config.json --no-usage-report`,
      runner: {
        image: `grafana/k6:${k6Version}`,
        automountServiceAccountToken: 'false',
        volumes: [
          {
            name: 'journeys',
            projected: {
              sources: [
                { configMap: { name: `${name}-script` } },
                ...secretFiles.map((file) => ({ secret: { name: secretName(name, file) } })),
              ],
            },
          },
        ],
        volumeMounts: [{ name: 'journeys', mountPath: folder, readOnly: true }],
      },
    },
  })}`
}

const header = '# Written by `journeys loadtest export --to k6-operator`. It holds no secret.\n'

function mustFit(script: string): void {
  const bytes = Buffer.byteLength(script)
  if (bytes <= mostBytes) return
  const message = `the bundled script has ${Math.ceil(bytes / 1000)} KB; a config map of Kubernetes takes 1,000`
  throw new JourneysError('export_too_large', message, {
    hint: 'import less into the scenarios',
    exitCode: ExitCode.usage,
  })
}
