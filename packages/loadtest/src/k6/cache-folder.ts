import os from 'node:os'
import path from 'node:path'

/** The user's cache folder for Journeys, where the platform keeps such things. */
export function cacheFolder(processEnv: NodeJS.ProcessEnv): string {
  return path.join(platformCache(processEnv), 'journeys')
}

/** Where `journeys k6 install` puts k6. */
export function cachedK6(processEnv: NodeJS.ProcessEnv): string {
  return path.join(cacheFolder(processEnv), 'k6', process.platform === 'win32' ? 'k6.exe' : 'k6')
}

function platformCache(processEnv: NodeJS.ProcessEnv): string {
  const home = processEnv.HOME || os.homedir()
  if (process.platform === 'win32') return processEnv.LOCALAPPDATA || path.join(home, 'AppData', 'Local')
  // The XDG specification: a relative path is invalid and has to be ignored.
  if (processEnv.XDG_CACHE_HOME && path.isAbsolute(processEnv.XDG_CACHE_HOME)) return processEnv.XDG_CACHE_HOME
  return process.platform === 'darwin' ? path.join(home, 'Library', 'Caches') : path.join(home, '.cache')
}
