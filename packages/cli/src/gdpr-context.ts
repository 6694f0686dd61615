import { erasureFolder, type GdprContext, type GdprProgress } from '@journeys/core/ops'
import type { CommandContext } from './context.ts'
import { operatorName } from './operator-name.ts'
import { formatBytes, formatCount } from './output/number.ts'

/** What the operations on personal data take, from a command's context: its database, keys, storage, and where receipts are filed. */
export async function gdprContext(context: CommandContext): Promise<GdprContext> {
  const { config } = await context.config()
  // First what needs no server: a missing key is said before a stack is started.
  const keys = await context.gdprKeys()
  const environment = await context.environment()
  const { supabaseUrl, serviceRoleKey } = environment
  return {
    database: await context.database(),
    keys,
    config,
    environment: { name: environment.name },
    ...(supabaseUrl && serviceRoleKey && { storage: { url: supabaseUrl, serviceRoleKey } }),
    actor: operatorName(context.processEnv),
    folder: erasureFolder(context.workdir(), config.gdpr, environment.name),
    onProgress: (progress) => context.output.progress.show(describeProgress(progress)),
    signal: context.signal,
  }
}

/** `rows public.journal_entries   1 200 of 5 000 rows`; a step that has counted nothing yet is named alone. */
export function describeProgress({ step, done, total, unit = '', note }: GdprProgress): string {
  const isBytes = unit === 'bytes'
  const amount = isBytes ? formatBytes : formatCount
  const count = [amount(done), ...(total === undefined ? [] : ['of', amount(total)]), ...(isBytes ? [] : [unit])]
  const counted = done === 0 && total === undefined ? [] : [count.join(' ').trim()]
  return [step, ...counted, ...(note === undefined ? [] : [note])].join('   ')
}
