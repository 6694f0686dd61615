import { randomBytes, randomUUID } from 'node:crypto'
import { createTestClient } from './client.ts'
import type { CrashProject } from './crash-project.ts'

/** Somebody with a life in every room of the database, and what of it must not be found after an erasure. */
export interface StoriedPerson {
  id: string
  email: string
  name: string
  /** A sample of what only they wrote, up to 50, from their first entry to their last. */
  phrases: string[]
  /** Ids that are theirs alone: of the account, of its sessions and identity, of entries and files. */
  ids: string[]
  /** What their files hold. */
  files: Buffer[]
}

export interface StoriedPersonOptions {
  /** @defaultValue 12 */
  entries?: number
  /** @defaultValue 2 */
  files?: number
}

const PASSWORD = 'a long password'

/**
 * Signs somebody up as the app does, twice more in, uploads files, and gives them a profile, goals, entries over the last two years,
 * purchases and metrics.
 */
export async function createStoriedPerson(
  project: CrashProject,
  { entries = 12, files = 2 }: StoriedPersonOptions = {},
): Promise<StoriedPerson> {
  const tag = randomBytes(4).toString('hex')
  const email = `Marguerite.Duval-${tag}@example.test`.toLowerCase()
  const name = `Marguerite Okonkwo-${tag}`
  const client = createTestClient({ url: project.apiUrl }, project.anonKey)
  const { data, error } = await client.auth.signUp({
    email,
    password: PASSWORD,
    options: { data: { full_name: name } },
  })
  if (error !== null || data.session === null) throw error ?? new Error('signed up without a session')
  const { id } = data.session.user
  for (let session = 2; session <= 3; session++) {
    const again = createTestClient({ url: project.apiUrl }, project.anonKey)
    const signedIn = await again.auth.signInWithPassword({ email, password: PASSWORD })
    if (signedIn.error !== null) throw signedIn.error
  }
  const texts = Array.from({ length: entries }, (_, n) => story(n))
  await writeRows(project, { id, name, texts: texts.map(({ text }) => text) })
  const pictures: Buffer[] = []
  for (let n = 0; n < files; n++) {
    const picture = randomBytes(3000)
    const path = `${id}/${randomUUID()}/${randomUUID()}.png`
    const uploaded = await client.storage.from('entry-media').upload(path, picture, { contentType: 'image/png' })
    if (uploaded.error !== null) throw uploaded.error
    pictures.push(picture)
  }
  const ids = await project.query<{ id: string }>(
    `select id::text from auth.sessions where user_id = $1::uuid
     union all select id::text from auth.identities where user_id = $1::uuid
     union all select id::text from public.user_addictions where user_id = $1::uuid
     union all select id::text from storage.objects where owner_id = ($1::uuid)::text
     union all (select id::text from public.journal_entries where user_id = $1::uuid order by date limit 50)`,
    [id],
  )
  const every = Math.max(1, entries / 50)
  const sampled = Array.from({ length: Math.min(50, entries) }, (_, n) => texts[Math.floor(n * every)]?.phrase ?? '')
  return { id, email, name, phrases: sampled, ids: [id, ...ids.map((row) => row.id)], files: pictures }
}

async function writeRows(
  project: CrashProject,
  { id, name, texts }: { id: string; name: string; texts: string[] },
): Promise<void> {
  await project.query(`insert into public.profiles (user_id, display_name, bio) values ($1, $2, $3)`, [
    id,
    name,
    `I am ${name} and I keep bees behind the old brewery.`,
  ])
  await project.query(
    `insert into public.user_addictions (user_id, kind, label, quit_on, goal)
     values ($1, 'alcohol', 'wine after the hives', current_date - 300, 'A whole summer with the bees and without the wine.')`,
    [id],
  )
  await project.query(
    `insert into public.journal_entries (user_id, date, reflection, scores)
     select $1, current_date - (n * 720 / $2::int)::int, text, jsonb_build_object('mood', n % 11, 'craving', (n * 7) % 11)
     from unnest($3::text[]) with ordinality as written (text, n)`,
    [id, texts.length, texts],
  )
  await project.query(
    `insert into public.purchases (user_id, plan, amount_cents, currency, idempotency_key, status, period_start, period_end)
     select $1::uuid, 'yearly', 4999, 'EUR', 'device-' || $1::uuid || '-' || n, 'paid', now() - make_interval(years => n), now() - make_interval(years => n - 1)
     from generate_series(1, 3) n`,
    [id],
  )
  await project.query(
    `insert into public.performance_metrics (user_id, name, value, unit)
     select $1, 'screen.open', n, 'ms' from generate_series(1, 20) n`,
    [id],
  )
}

/** Two sentences that nobody else wrote; some with what a dump, or JSON, writes otherwise than it is. */
function story(n: number): { text: string; phrase: string } {
  const words = Array.from(randomBytes(8), (byte) => vocabulary[byte % vocabulary.length])
  const phrase = `${words.slice(0, 4).join(' ')}, ${words.slice(4).join(' ')}`
  const odd = ['', ' "Encore", dit-elle.', '\nUne ligne après l’autre.', ' C:\\bees\\hive'][n % 4]
  return { text: `Day ${n}: I dreamt of ${phrase} and woke early.${odd}`, phrase }
}

const vocabulary =
  'acacia beeswax brewery bramble brood cider clover comb drone elderflower foxglove frame gauze hawthorn heather hive honey hornet juniper larch lavender linden mallow meadow nectar nettle orchard pollen propolis queen rosemary sage skep smoker sorrel swarm tansy thicket thyme veil willow yarrow'.split(
    ' ',
  )
