import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseDocument } from './testing/json-schema.ts'
import { runMain } from './testing/run-main.ts'

test('--version prints the version and nothing else', async () => {
  expect(await runMain(['--version'])).toEqual({ code: 0, stdout: '0.1.0\n', stderr: '' })
  expect((await runMain(['-V', '--json'])).stdout).toContain('0.1.0')
})

test('journeys alone prints the help', async () => {
  const { code, stdout, stderr } = await runMain([])
  expect(code).toBe(0)
  expect(stderr).toBe('')
  expect(stdout).toContain('gdpr anonymize')
  expect(stdout).toContain('Exit codes: 0 ok')
})

test('help, --help and -h of a command say the same', async () => {
  const { stdout } = await runMain(['help', 'completion'])
  expect(stdout).toContain('Usage: journeys completion')
  expect(stdout).toContain('Examples:')
  expect((await runMain(['completion', '--help'])).stdout).toBe(stdout)
  expect((await runMain(['completion', '-h'])).stdout).toBe(stdout)
})

test('a mistyped command, subcommand, option or value gets one line, a hint and exit code 2', async () => {
  expect(await runMain(['helth'])).toEqual({
    code: 2,
    stdout: '',
    stderr: 'error  unknown command helth\nhint   did you mean journeys health?\n',
  })
  expect((await runMain(['frobnicate'])).stderr).toContain('hint   One of: start, stop, status, reset, health, ')
  expect((await runMain(['gdpr', 'anonymise'])).stderr).toBe(
    'error  unknown command gdpr anonymise\nhint   did you mean journeys gdpr anonymize?\n',
  )
  expect((await runMain(['completion', 'bahs'])).stderr).toBe(
    'error  <shell> does not take "bahs"\nhint   did you mean bash? One of: bash, zsh, fish\n',
  )
  expect((await runMain(['completion', 'bash', '--quite'])).stderr).toBe(
    'error  unknown option --quite\nhint   did you mean --quiet?\n',
  )
  expect((await runMain(['health', '--watch', '0'])).stderr).toBe(
    'error  --watch must be a whole number from 1 to 3600, not "0"\n',
  )
  expect((await runMain(['--enf', 'x', 'completion', 'bash'])).stderr).toContain('unknown option --enf')
})

test('what is missing or too much is named with the right way to type it', async () => {
  expect((await runMain(['completion'])).stderr).toBe('error  missing <shell>\nhint   journeys completion <shell>\n')
  expect((await runMain(['completion', 'bash', 'zsh'])).stderr).toContain('unexpected argument zsh')
  expect((await runMain(['gdpr', 'hold'])).stderr).toBe(
    'error  gdpr hold needs to be told what to do\nhint   One of: journeys gdpr hold add, journeys gdpr hold remove, journeys gdpr hold list\n',
  )
  expect((await runMain(['completion', 'bash', '--env'])).stderr).toContain('--env needs a value')
})

test('a command that is a group too takes its own options, and its subcommands theirs', async () => {
  expect((await runMain(['loadtest', '--profil', 'compare'])).stderr).toContain('did you mean --profile?')
  expect((await runMain(['loadtest', 'compar'])).stderr).toBe(
    'error  unknown command loadtest compar\nhint   did you mean journeys loadtest compare?\n',
  )
  expect((await runMain(['loadtest', 'save'])).stderr).toContain('did you mean journeys loadtest baseline save?')
  expect((await runMain(['loadtest', 'xyzzy'])).stderr).toContain('hint   One of: loadtest baseline save, ')
  expect((await runMain(['loadtest', 'baseline'])).stderr).toMatch(
    /^error {2}loadtest baseline needs to be told what to do\nhint {3}One of: journeys loadtest baseline save, /,
  )
  expect((await runMain(['loadtest', 'baseline', 'lst'])).stderr).toContain(
    'did you mean journeys loadtest baseline list?',
  )
  expect((await runMain(['loadtest', '--json', 'compare', 'a'])).stdout).toContain('"message":"missing <after>"')
  expect((await runMain(['loadtest', '--users', '5', 'compare', 'a', 'b'])).stderr).toBe(
    'error  loadtest compare is a command of its own\nhint   journeys loadtest compare, then the options\n',
  )
  expect((await runMain(['loadtest', 'compare', '--users', '5'])).stderr).toContain('unknown option --users')
  expect((await runMain(['help', 'loadtest', 'baseline', 'save'])).stdout).toContain(
    'Usage: journeys loadtest baseline save',
  )
  expect((await runMain(['loadtest', 'merge', 'a'])).stderr).toContain('<run...> needs at least two')
})

test('an option that may be given several times is checked each time', async () => {
  const { code, stderr } = await runMain(['loadtest', '--out', 'junit', '--out', 'markdwon=x', '--out', 'json='])
  expect(code).toBe(2)
  expect(stderr).toContain('does not take "markdwon"')
  expect(stderr).toContain('did you mean markdown?')
  expect(stderr).toContain('needs a file after the =')
  expect((await runMain(['loadtest', '--segment', '1/2'])).stderr).toContain('must be one of 2 to 100 equal parts')
})

test('with --json a mistake too is exactly one document on stdout', async () => {
  for (const argv of [
    ['helth'],
    ['gdpr'],
    ['completion'],
    ['completion', 'bahs'],
    ['--wrong'],
    ['config', 'show', '--x'],
    ['loadtest', 'baseline'],
    ['loadtest', '--users', '5', 'compare', 'a', 'b'],
  ]) {
    const { code, stdout, stderr } = await runMain([...argv, '--json'])
    expect(code).toBe(2)
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual({
      schema: expect.stringMatching(/^journeys\/[a-z-]+\/1$/),
      ok: false,
      environment: 'local',
      durationMs: expect.any(Number),
      error: { code: 'usage', message: expect.any(String), detail: null, hint: expect.any(String) },
    })
  }
})

test('a folder without supabase/ is said, with what to type', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'journeys-cli-'))
  const { code, stderr } = await runMain(['config', 'show'], { cwd })
  await rm(cwd, { recursive: true })
  expect(code).toBe(2)
  expect(stderr).toContain('error  no supabase folder in')
  expect(stderr).toContain('--workdir')
})

test('colours only on a terminal, and as NO_COLOR, FORCE_COLOR and --no-color say', async () => {
  const colour = '\u001b['
  const stderr = async (argv: string[], env: NodeJS.ProcessEnv, terminal?: number) =>
    (await runMain(argv, { env, ...(terminal && { terminal }) })).stderr
  expect(await stderr(['x'], {})).not.toContain(colour)
  expect(await stderr(['x'], {}, 80)).toContain(colour)
  expect(await stderr(['x'], { NO_COLOR: '1' }, 80)).not.toContain(colour)
  expect(await stderr(['x'], { NO_COLOR: '' }, 80)).toContain(colour)
  expect(await stderr(['x'], { TERM: 'dumb' }, 80)).not.toContain(colour)
  expect(await stderr(['x'], { FORCE_COLOR: '1' })).toContain(colour)
  expect(await stderr(['x'], { FORCE_COLOR: '0' }, 80)).not.toContain(colour)
  expect(await stderr(['x', '--no-color'], { FORCE_COLOR: '1' }, 80)).not.toContain(colour)
})

test('k6 install says when JOURNEYS_K6 is no k6, as text and as JSON', async () => {
  const env = { JOURNEYS_K6: '/nowhere/k6' }
  const { code, stderr } = await runMain(['k6', 'install'], { env })
  expect(code).toBe(2)
  expect(stderr).toContain('JOURNEYS_K6')
  const { stdout } = await runMain(['k6', 'install', '--json'], { env })
  expect(await parseDocument(stdout)).toMatchObject({ schema: 'journeys/k6-install/1', ok: false })
})

test('every answer to a mistake, and the help, has its schema in the docs', async () => {
  for (const argv of [['helth'], ['loadtest', '--users', '0'], ['health', '--only', 'x'], ['--help'], []]) {
    const { stdout } = await runMain([...argv, '--json'])
    expect(await parseDocument(stdout)).toMatchObject({ environment: 'local' })
  }
})
