/**
 * A real HTTP server that answers as slowly as it was told to, and keeps its own record of how slowly that was: the truth that
 * an engine's figures are held against. It runs in a process of its own, so that it does not take turns with what measures it.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

/** Answers of one kind; the share of each is relative to their sum. */
export interface LatencyMode {
  readonly share: number
  readonly atLeastMs: number
  /** On top, exponentially distributed: most answers near the least, a few far from it. */
  readonly meanExtraMs: number
}

/** In ms, from the whole request being there to the last byte of its answer handed to the network. */
export interface KnownLatency {
  readonly requests: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

export interface KnownLatencyServer {
  readonly url: string
  /** Of the answers since the last call. */
  truth(): Promise<KnownLatency>
  stop(): Promise<void>
}

export async function startKnownLatencyServer(modes: readonly LatencyMode[]): Promise<KnownLatencyServer> {
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(modes)], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const { port } = (await message(child)) as { port: number }
  return {
    url: `http://127.0.0.1:${port}`,
    truth() {
      child.send('truth')
      return message(child) as Promise<KnownLatency>
    },
    async stop() {
      const gone = once(child, 'exit')
      child.kill()
      await gone
    },
  }
}

async function message(child: ChildProcess): Promise<unknown> {
  const heard = new AbortController()
  const { signal } = heard
  const died = once(child, 'exit', { signal }).then(() => {
    throw new Error('the server with the known latency has died')
  })
  // The one that is not awaited any longer ends with the other.
  died.catch(() => undefined)
  const [found] = await Promise.race([once(child, 'message', { signal }), died])
  heard.abort()
  return found
}

function serve(modes: readonly LatencyMode[]): void {
  const shares = modes.reduce((sum, { share }) => sum + share, 0)
  let took: number[] = []
  const delay = () => {
    let draw = Math.random() * shares
    const mode = modes.find(({ share }) => {
      draw -= share
      return draw < 0
    }) as LatencyMode
    return mode.atLeastMs - Math.log(1 - Math.random()) * mode.meanExtraMs
  }
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    request.resume().on('end', () => {
      const began = performance.now()
      response.on('finish', () => took.push(performance.now() - began))
      setTimeout(() => {
        response.writeHead(200, { 'content-type': 'application/json' }).end('[{"answer":42}]')
      }, delay())
    })
  })
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
  process.on('message', () => {
    const sorted = took.sort((a, b) => a - b)
    took = []
    const at = (percentile: number) => sorted[Math.max(0, Math.ceil((percentile / 100) * sorted.length) - 1)] ?? 0
    process.send?.({ requests: sorted.length, p50: at(50), p95: at(95), p99: at(99) } satisfies KnownLatency)
  })
  // Whoever started it is gone.
  process.on('disconnect', () => process.exit())
}

if (process.send && process.argv[1] === fileURLToPath(import.meta.url)) {
  serve(JSON.parse(process.argv[2] as string) as LatencyMode[])
}
