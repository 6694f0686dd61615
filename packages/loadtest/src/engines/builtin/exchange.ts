import { performance } from 'node:perf_hooks'
import type { Client, Dispatcher } from 'undici'

export interface Exchanged {
  /** 0: no answer. */
  readonly status: number
  readonly body: string
  /** From the request's first byte to the answer's last, as k6's `http_req_duration`; 0 when nothing could be sent. */
  readonly durationMs: number
  readonly error?: string
}

/**
 * One request and its answer on a kept-alive connection. Undici's lowest interface: no stream is built for an answer, and
 * the clock starts when the request is written, so that waiting for a connection is not counted (nor does k6).
 */
export function exchange(client: Client, options: Dispatcher.DispatchOptions): Promise<Exchanged> {
  return new Promise((resolve) => {
    let sentAt: number | undefined
    let status = 0
    const chunks: Buffer[] = []
    const took = () => (sentAt === undefined ? 0 : performance.now() - sentAt)
    client.dispatch(options, {
      onRequestStart() {
        sentAt = performance.now()
      },
      onResponseStart(_controller, statusCode) {
        status = statusCode
      },
      onResponseData(_controller, chunk) {
        chunks.push(chunk)
      },
      onResponseEnd() {
        resolve({ status, durationMs: took(), body: chunks.length > 0 ? Buffer.concat(chunks).toString('utf8') : '' })
      },
      onResponseError(_controller, error) {
        resolve({ status: 0, durationMs: took(), body: '', error: errorName(error) })
      },
    })
  })
}

function errorName(error: Error & { code?: unknown }): string {
  return typeof error.code === 'string' ? error.code : error.name
}
