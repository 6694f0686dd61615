import { spawn } from 'node:child_process'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { runK6 } from '../../packages/loadtest/src/engines/k6/k6-process.ts'
import { findK6 } from '../../packages/loadtest/src/k6/find-k6.ts'
import { removeLeftoverFolders } from '../../packages/loadtest/src/leftover-folders.ts'
import { withFolder } from './quick-load.ts'

const childFile = fileURLToPath(new URL('./k6-child.ts', import.meta.url))
const k6 = await findK6(process.env)

/** Runs a script of one line and returns how k6 ended and what it wrote. */
function play(script: string, signal = new AbortController().signal) {
  return withFolder(async (folder) => {
    await writeFile(path.join(folder, 'config.json'), '{}')
    await writeFile(path.join(folder, 'script.js'), script)
    let samples = ''
    const onSamples = (text: string) => {
      samples += text
    }
    return { ...(await runK6({ k6: k6?.path as string, folder, users: 1, signal, onSamples })), samples }
  })
}

describe.skipIf(!k6)(k6 ? 'k6' : 'k6: not tried, there is none in JOURNEYS_K6, PATH or the cache', () => {
  test('that cannot read its script ends with 107 and says what it did not understand', async () => {
    const { exitCode, messages } = await play('export default function () {}\nnonsense(')
    expect(exitCode).toBe(107)
    expect(messages.join('\n')).toContain('script.js')
  })

  test('writes its samples while it runs, and nothing else, to stdout', async () => {
    const { exitCode, samples } = await play('export const options = { iterations: 3 }\nexport default function () {}')
    expect(exitCode).toBe(0)
    expect(samples.split('\n')[0]).toMatch(/^metric_name,timestamp,metric_value,/)
    expect(samples.match(/^iterations,\d{16},1/gm)).toHaveLength(3)
  })

  test('ends when it is told to, also in the middle of a wait', async () => {
    const interrupt = new AbortController()
    setTimeout(() => interrupt.abort(), 1500)
    const began = Date.now()
    const { exitCode } = await play("import { sleep } from 'k6'\nexport default () => sleep(60)", interrupt.signal)
    expect(exitCode).toBe(105)
    expect(Date.now() - began).toBeLessThan(6000)
  })

  test('ends when the process that started it is killed', () =>
    withFolder(async (folder) => {
      await writeFile(path.join(folder, 'config.json'), '{}')
      const script =
        "import { sleep } from 'k6'\nexport const options = { duration: '60s' }\nexport default () => sleep(0.1)"
      await writeFile(path.join(folder, 'script.js'), script)
      const child = spawn(process.execPath, ['--import', 'tsx', childFile, k6?.path as string, folder], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let said = ''
      await new Promise<void>((resolve) => {
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          said += text
          if (said.includes('samples')) resolve()
        })
      })
      const pid = Number(/pid (\d+)/.exec(said)?.[1])
      expect(alive(pid)).toBe(true)
      child.kill('SIGKILL')
      const killedAt = Date.now()
      while (alive(pid) && Date.now() - killedAt < 10_000) await new Promise((resolve) => setTimeout(resolve, 50))
      expect(alive(pid)).toBe(false)
      expect(Date.now() - killedAt).toBeLessThan(5000)
    }))
})

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('what a killed process has left is removed, what a living one uses stays', () =>
  withFolder(async (folder) => {
    const names = ['run-99999999-a', `run-${process.pid}-b`, 'run-c', 'other-99999999-d']
    for (const name of names) await mkdir(path.join(folder, name))
    await removeLeftoverFolders(folder, 'run-')
    expect((await readdir(folder)).sort()).toEqual(['other-99999999-d', 'run-c', `run-${process.pid}-b`].sort())
  }))
