import { ExitCode, JourneysError } from '../../errors.ts'
import { foldersLeft, personFiles, removePersonFiles } from '../storage-files.ts'
import { readHeld } from './held-tables.ts'
import type { ErasureRun, StepDetail } from './step.ts'

/** Removes the person's files, unless a legal hold keeps them. @throws JourneysError `storage_key_missing` (exit code 2) */
export async function eraseFiles(run: ErasureRun): Promise<StepDetail> {
  const { context, session, userId } = run
  if (await areHeld(run)) return { held: true }
  if (context.storage === undefined) {
    if ((await personFiles(session, userId, 1)).length > 0) throw keyMissing(context.environment.name)
    return { objects: 0 }
  }
  try {
    const objects = await removePersonFiles(session, context.storage, userId, {
      signal: context.signal,
      onProgress: (done) => context.onProgress?.({ step: 'storage', done, unit: 'objects' }),
    })
    return { objects }
  } catch (error) {
    // Placed between two requests: Storage refused the next one.
    if (await areHeld(run)) return { held: true }
    throw error
  }
}

async function areHeld({ session, userId }: ErasureRun): Promise<boolean> {
  const { everything, tables } = await readHeld(session, userId)
  return everything || tables.includes('storage.objects')
}

/** What the API still lists of a person. Null where no key for it is at hand. */
export async function filesLeft({ context, userId }: ErasureRun): Promise<{ buckets: number; objects: number } | null> {
  if (context.storage === undefined) return null
  const left = await foldersLeft(context.storage, userId, context.signal)
  return { buckets: left.buckets, objects: left.folders.length }
}

function keyMissing(environment: string): JourneysError {
  return new JourneysError('storage_key_missing', 'This person has files, and no key for the Storage API is at hand', {
    detail: 'rows of files that were deleted in the database would leave the files themselves behind',
    hint: `put SUPABASE_SERVICE_ROLE_KEY into the environment or into .env.${environment}`,
    exitCode: ExitCode.usage,
  })
}
