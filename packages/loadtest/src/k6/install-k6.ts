import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { ExitCode, JourneysError } from '@journeys/core/ops'
import { removeLeftoverFolders } from '../leftover-folders.ts'
import { clockTime } from '../profiles/duration.ts'
import { cachedK6 } from './cache-folder.ts'
import { download } from './download.ts'
import { executableName, type K6, k6At } from './find-k6.ts'
import { findProgram } from './find-program.ts'
import { type K6Source, pinnedK6 } from './pinned.ts'
import { runTool } from './run-tool.ts'

export interface InstallK6Options {
  readonly processEnv: NodeJS.ProcessEnv
  /** A line about what is being done, again and again. */
  readonly onProgress?: ((text: string) => void) | undefined
  readonly signal?: AbortSignal | undefined
  /** @defaultValue the release and the module that this version of Journeys pins */
  readonly source?: K6Source
}

export interface InstalledK6 extends K6 {
  readonly how: 'release' | 'go'
}

/**
 * Puts k6 into the user's cache folder: the official release, checked against the pinned SHA-256; where there is none for this
 * platform or it cannot be fetched, `go install` of the pinned module. Everything is done in a folder of its own and moved into
 * place at the end, so installs side by side and Ctrl-C leave either a whole k6 or none.
 *
 * @throws JourneysError `checksum_mismatch` (1), `k6_not_installed` (1) with what was tried, `interrupted` (130)
 */
export async function installK6(options: InstallK6Options): Promise<InstalledK6> {
  const { processEnv, source = pinnedK6 } = options
  const signal = options.signal ?? new AbortController().signal
  const target = cachedK6(processEnv)
  const folder = path.dirname(target)
  await mkdir(folder, { recursive: true })
  await removeLeftoverFolders(folder, '.install-')
  const workshop = await mkdtemp(path.join(folder, `.install-${process.pid}-`))
  const job: Job = { source, workshop, signal, processEnv, report: options.onProgress ?? (() => undefined) }
  try {
    const { file, how } = await build(job)
    await chmod(file, 0o755)
    const made = await k6At(file)
    if (!made) throw new JourneysError('k6_not_installed', 'the k6 that was installed does not run on this machine')
    signal.throwIfAborted()
    await rename(file, target)
    return { path: target, version: made.version, how }
  } catch (error) {
    if (!signal.aborted) throw error
    throw new JourneysError('interrupted', 'k6 was not installed', {
      hint: 'journeys k6 install',
      exitCode: ExitCode.interrupted,
    })
  } finally {
    await rm(workshop, { recursive: true, force: true })
  }
}

interface Job {
  readonly source: K6Source
  readonly workshop: string
  readonly signal: AbortSignal
  readonly processEnv: NodeJS.ProcessEnv
  report(text: string): void
}

async function build(job: Job): Promise<{ file: string; how: InstalledK6['how'] }> {
  const platform = `${process.platform}-${process.arch}`
  const archive = job.source.release.archives[platform]
  let tried = `no official release of k6 has a pinned checksum for ${platform}`
  if (archive) {
    try {
      return { file: await unpackRelease(job, archive), how: 'release' }
    } catch (error) {
      const missed = error instanceof JourneysError && error.code === 'download_failed'
      if (!missed) throw error
      tried = `${error.message} (${error.detail})`
    }
  }
  const go = await findProgram('go', job.processEnv)
  if (go) return { file: await buildModule(job, go), how: 'go' }
  throw new JourneysError('k6_not_installed', 'k6 could not be installed', {
    detail: `${tried}; Go, which could build it, is not on PATH`,
    hint: 'install Go and run journeys k6 install again; until then journeys loadtest --engine builtin works without k6',
  })
}

async function unpackRelease(job: Job, archive: { file: string; sha256: string }): Promise<string> {
  const { release } = job.source
  const file = path.join(job.workshop, archive.file)
  await download({
    url: `${release.baseUrl}/${archive.file}`,
    file,
    sha256: archive.sha256,
    signal: job.signal,
    onProgress: (share) => {
      const percent = share === undefined ? '' : ` ${Math.floor(share * 100)} %`
      job.report(`downloading k6 ${release.version}${percent}`)
    },
  })
  job.report(`unpacking k6 ${release.version}`)
  // The system's tar reads both kinds of archive: zip is only used where tar is bsdtar.
  await runTool('tar', ['-xf', file, '-C', job.workshop], { env: job.processEnv, signal: job.signal })
  return path.join(job.workshop, archive.file.replace(/\.(tar\.gz|zip)$/, ''), executableName)
}

async function buildModule(job: Job, go: string): Promise<string> {
  const { path: module, version } = job.source.module
  const began = Date.now()
  const report = () =>
    job.report(`building k6 ${version} with go install, a minute or two · ${clockTime(Date.now() - began)}`)
  report()
  const ticking = setInterval(report, 1000)
  try {
    await runTool(go, ['install', '-trimpath', '-ldflags=-s -w', `${module}@v${version}`], {
      env: { ...job.processEnv, GOBIN: job.workshop, CGO_ENABLED: '0', GOOS: '', GOARCH: '' },
      signal: job.signal,
    })
  } finally {
    clearInterval(ticking)
  }
  return path.join(job.workshop, executableName)
}
