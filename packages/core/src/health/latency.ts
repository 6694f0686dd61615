/** Times a few calls, one after the other, and gives the middle one: the first pays for the connection, one may hit a pause. */
export async function medianLatency(times: number, call: () => Promise<unknown>): Promise<number> {
  const taken: number[] = []
  for (let round = 0; round < times; round += 1) {
    const started = performance.now()
    await call()
    taken.push(performance.now() - started)
  }
  taken.sort((a, b) => a - b)
  return Math.round((taken[Math.floor(times / 2)] ?? 0) * 10) / 10
}
