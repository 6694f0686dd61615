import { join, resolve } from 'node:path'
import type { Config } from '../config/schema.ts'

/** Where the receipts of an environment are filed, and the list beside them that outlives a restored database: an absolute path. */
export function erasureFolder(workdir: string, settings: Pick<Config['gdpr'], 'folder'>, environment: string): string {
  return join(resolve(workdir, settings.folder), environment)
}
