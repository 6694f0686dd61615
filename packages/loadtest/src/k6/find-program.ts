import { access, constants } from 'node:fs/promises'
import path from 'node:path'

/** The first program of that name on `PATH`, as an absolute path. Relative entries are passed over: they depend on the folder. */
export async function findProgram(name: string, processEnv: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const candidate of programsOnPath(name, processEnv)) {
    if (await executable(candidate)) return candidate
  }
  return undefined
}

export function programsOnPath(name: string, processEnv: NodeJS.ProcessEnv): string[] {
  const file = process.platform === 'win32' ? `${name}.exe` : name
  return (processEnv.PATH ?? '')
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder))
    .map((folder) => path.join(folder, file))
}

async function executable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
