import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type AccessLogEntry, accessLogLine, openAccessLog } from './access-log.ts'

const entry: AccessLogEntry = {
  id: 'r1',
  method: 'GET',
  path: '/rest/v1/journal_entries',
  query: '',
  status: 200,
  ms: 1.26,
  bytes: 512,
  error: undefined,
}

test('a line says what was asked and how it went', () => {
  const line = JSON.parse(accessLogLine(entry))
  expect(line).toEqual({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    id: 'r1',
    method: 'GET',
    path: '/rest/v1/journal_entries',
    status: 200,
    ms: 1.3,
    bytes: 512,
  })
})

test('no value of a query is written down but those that say only how', () => {
  const query = '?select=id,date&reflection=ilike.*secret*&apikey=k&limit=20&token=abc&lonely'
  const { path } = JSON.parse(accessLogLine({ ...entry, query }))
  expect(path).toBe('/rest/v1/journal_entries?select=id,date&reflection=…&apikey=…&limit=20&token=…&…')
})

test('lines are in the file, readable by its owner only, once the log is closed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'journeys-log-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'deep', 'access.log')
  const log = openAccessLog(file)
  for (let at = 0; at < 1000; at++) log.write({ ...entry, id: `r${at}` })
  await log.close()
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
  expect(lines).toHaveLength(1000)
  expect(JSON.parse(lines[999] ?? '').id).toBe('r999')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
})

test('a file that cannot be is refused when the gateway starts', () => {
  expect(() => openAccessLog('/dev/null/access.log')).toThrow(
    expect.objectContaining({ code: 'access_log_refused', hint: expect.any(String) }),
  )
})

test.runIf(existsSync('/dev/full'))('a full disk costs lines and nothing else', async () => {
  const log = openAccessLog('/dev/full')
  for (let at = 0; at < 20_000; at++) log.write(entry)
  await new Promise((resolve) => setTimeout(resolve, 50))
  log.write(entry)
  await log.close()
})
