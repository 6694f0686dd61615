import { JourneysError } from '@journeys/core/ops'

/** Turns a failed file operation into an error that says what is wrong with the folder; anything else comes back as it is. */
export function explainFolder(error: unknown, path: string): unknown {
  if (error instanceof JourneysError || !(error instanceof Error)) return error
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new JourneysError('folder_not_writable', `Cannot write in ${path}.`, {
      detail: error.message,
      hint: 'Make the folder writable, or work in another one: journeys start --workdir <folder>',
      cause: error,
    })
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new JourneysError('disk_full', `The disk is full: cannot write in ${path}.`, {
      detail: error.message,
      hint: 'Free some space (a new stack needs about 100 MB), then: journeys start',
      cause: error,
    })
  }
  return error
}
