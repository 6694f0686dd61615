import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ExitCode, JourneysError } from '@journeys/core/ops'
import { publicModule } from './bundle-scenario-files.ts'

/** Where scenario files are kept, from the project's root. */
export const scenarioFolder = 'loadtest'

/**
 * Writes a scenario file that works as it is, commented, for a person to change.
 * @param name `read-a-week` or `read_a_week`: the file's name and the scenario's
 * @returns the file, relative to `workdir`
 * @throws JourneysError (exit 2) when the name cannot be one, or the file is there already
 */
export async function newScenario(name: string, workdir: string): Promise<{ file: string; name: string }> {
  const scenario = name.replaceAll('-', '_')
  if (!/^[a-z][a-z0-9_]{0,47}$/.test(scenario)) {
    throw new JourneysError('scenario_name_invalid', `"${name}" is not a name for a scenario`, {
      hint: 'use lower-case letters, digits and hyphens: journeys loadtest new read-a-week',
      exitCode: ExitCode.usage,
    })
  }
  const file = path.join(scenarioFolder, `${scenario.replaceAll('_', '-')}.ts`)
  const absolute = path.join(workdir, file)
  await mkdir(path.dirname(absolute), { recursive: true })
  try {
    // `wx`: never over somebody's work.
    await writeFile(absolute, template(scenario), { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new JourneysError('scenario_exists', `${file} is there already`, {
      hint: `journeys loadtest --scenario ${file} runs it; choose another name for a new one`,
      exitCode: ExitCode.usage,
    })
  }
  return { file, name: scenario }
}

function template(name: string): string {
  return `import { defineScenario } from '${publicModule}'

// journeys loadtest --scenario ${scenarioFolder}/${name.replaceAll('_', '-')}.ts --profile smoke
export default defineScenario({
  // The row of the report, and the tag of a threshold: http_req_duration{scenario:${name}}.
  name: '${name}',
  // The share of the visits, beside other scenarios: --scenario can be given several times.
  weight: 1,

  // One visit of one signed-in user. The same code runs inside k6 and in the built-in engine: there is the JavaScript
  // language and the visitor, and nothing of Node (no fetch, no setTimeout, no node:fs). A thousand users run it at once.
  async run(visitor) {
    // The path begins at the project's address. The user's token and the project's key are added.
    const entries = await visitor.request('GET', '/rest/v1/journal_entries?select=id,date&order=date.desc&limit=7', {
      // The row of the table of requests: the same for every user, without ids.
      name: 'GET journal_entries (a week)',
    })
    // A wrong answer is a failed check, whatever its status was.
    if (entries.ok) visitor.check('the week is a list', Array.isArray(entries.json()))

    // As long as a person thinks between two screens. After the last request the engine waits by itself.
    await visitor.pause()

    const bio = \`Read my week on \${new Date().toISOString().slice(0, 10)}\`
    const saved = await visitor.request('PATCH', \`/rest/v1/profiles?user_id=eq.\${visitor.user.id}&select=user_id,updated_at\`, {
      name: 'PATCH profiles',
      body: { bio },
      headers: { Prefer: 'return=representation', Accept: 'application/vnd.pgrst.object+json' },
    })
    // With --profile recovery: what was answered 2xx is looked for afterwards. Of a new row, its id is enough.
    if (saved.ok) {
      const { updated_at: version } = saved.json() as { updated_at: string }
      visitor.wrote('profiles', visitor.user.id, version)
    }
  },
})
`
}
