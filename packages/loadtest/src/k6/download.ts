import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { JourneysError } from '@journeys/core/ops'

export interface Download {
  readonly url: string
  readonly file: string
  readonly sha256: string
  readonly signal: AbortSignal
  /** Share of 1, as far as the server says how much there is. */
  onProgress(share: number | undefined): void
}

/**
 * Saves a file and checks what it hashes to while it arrives.
 * @throws JourneysError `download_failed` when it does not arrive, `checksum_mismatch` when it is not what was pinned
 */
export async function download({ url, file, sha256, signal, onProgress }: Download): Promise<void> {
  const hash = createHash('sha256')
  try {
    const response = await fetch(url, { signal })
    if (!response.ok || !response.body) throw new Error(`the server answered ${response.status}`)
    const size = Number(response.headers.get('content-length'))
    let received = 0
    await pipeline(
      Readable.fromWeb(response.body as ReadableStream<Uint8Array>),
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          hash.update(chunk)
          received += chunk.length
          onProgress(size > 0 ? received / size : undefined)
          yield chunk
        }
      },
      createWriteStream(file, { mode: 0o600 }),
      { signal },
    )
  } catch (error) {
    signal.throwIfAborted()
    const cause = (error as Error).cause as Error | undefined
    throw new JourneysError('download_failed', `${new URL(url).host} did not deliver k6`, {
      detail: cause?.message ?? (error as Error).message,
      cause: error,
    })
  }
  const found = hash.digest('hex')
  if (found !== sha256) {
    throw new JourneysError('checksum_mismatch', 'the download is not the k6 that was pinned; it was thrown away', {
      detail: `expected SHA-256 ${sha256}, got ${found}`,
      hint: 'somebody may be changing downloads on the way: try another network, or use --engine builtin',
    })
  }
}
