import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { catalogue } from './catalogue.ts'
import { parseDocument } from './testing/json-schema.ts'
import { runMain } from './testing/run-main.ts'

/** What bash offers for the last word when Tab is pressed. */
async function offered(...words: string[]): Promise<string[]> {
  const { stdout: script } = await runMain(['completion', 'bash'])
  const quoted = ['journeys', ...words].map((word) => `'${word}'`).join(' ')
  const press = `${script}\nCOMP_WORDS=(${quoted}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _journeys; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout } = await promisify(execFile)('bash', ['-c', press])
  return stdout.trim().split('\n').filter(Boolean)
}

test('bash completes commands, subcommands, options and their values', async () => {
  expect(await offered('')).toEqual(expect.arrayContaining(['start', 'gdpr', 'health', 'help', '--env']))
  expect(await offered('he')).toEqual(['health', 'help'])
  expect(await offered('migrate', '')).toEqual(expect.arrayContaining(['up', 'status']))
  expect(await offered('help', 'mig')).toEqual(['migrate'])
  expect(await offered('loadtest', '--e')).toEqual(['--engine', '--env'])
  expect(await offered('loadtest', '--engine', '')).toEqual(['auto', 'k6', 'builtin'])
  expect(await offered('--env', 'staging', 'health', '--fail-on', 'c')).toEqual(['critical'])
  expect(await offered('gdpr', 'anonymize', 'anna@example.org', '--conf')).toEqual([
    '--confirm',
    '--confirm-production',
  ])
  expect(await offered('loadtest', 'b')).toEqual(['baseline'])
  expect(await offered('loadtest', 'baseline', '')).toEqual(expect.arrayContaining(['save', 'list', 'show', 'compare']))
  expect(await offered('loadtest', 'baseline', 'save', '--fr')).toEqual(['--from'])
  expect(await offered('loadtest', '--profile', 'compare', '--inj')).toEqual(['--inject'])
  expect(await offered('loadtest', '--out', 'j')).toEqual(['json', 'junit'])
  expect(await offered('loadtest', 'export', '--to', '')).toEqual(['k6-operator', 'grafana-cloud'])
  expect(await offered('completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']))
})

test('every shell gets a script that names every command, as text and as JSON', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout } = await runMain(['completion', shell])
    expect(code).toBe(0)
    for (const { name } of catalogue) expect(stdout).toContain(name.split(' ').at(-1))
    expect(await parseDocument((await runMain(['completion', shell, '--json'])).stdout)).toMatchObject({ shell })
  }
})
