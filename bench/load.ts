import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Whether a program of Debian's answers here. */
export async function isInstalled(program: string): Promise<boolean> {
  return run('which', [program]).then(
    () => true,
    () => false,
  )
}

/**
 * Loads one loopback address with wrk for `seconds`.
 * The headers hold tokens, so they reach wrk through its environment and not through its arguments.
 * @returns successful requests a second
 */
export async function requestsPerSecond(
  url: string,
  headers: { apikey: string; token: string },
  folder: string,
  seconds = 4,
): Promise<number> {
  const script = join(folder, 'wrk.lua')
  await writeFile(
    script,
    `wrk.headers["apikey"] = os.getenv("BENCH_APIKEY")
wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN")
done = function(summary) print("failed " .. summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout) end
`,
  )
  const { stdout } = await run('wrk', ['-t1', '-c20', `-d${seconds}s`, '-s', script, url], {
    env: { ...process.env, BENCH_APIKEY: headers.apikey, BENCH_TOKEN: headers.token },
  })
  const failed = /^failed (\d+)/m.exec(stdout)?.[1]
  const rate = /^Requests\/sec:\s+([\d.]+)/m.exec(stdout)?.[1]
  if (failed !== '0' || rate === undefined)
    throw new Error(`wrk against ${new URL(url).pathname} did not go well:\n${stdout}`)
  return Number(rate)
}
