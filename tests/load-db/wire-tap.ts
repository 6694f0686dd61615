import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** One statement as a client sent it. */
export interface TappedStatement {
  readonly sql: string
  /** As text; Postgres's binary form of text and JSON is the text itself. */
  readonly values: readonly (string | null)[]
  /** Types that the client gave for the values; 0 leaves it to the server. */
  readonly types: readonly number[]
}

export interface WireTap {
  readonly port: number
  /** What was sent since the last call, by connection, in order. */
  take(): TappedStatement[][]
  close(): Promise<void>
}

/**
 * A Postgres address that passes everything on and writes down which statements its clients run.
 * Messages: https://www.postgresql.org/docs/15/protocol-message-formats.html
 */
export async function tapPostgres(target: { port: number }): Promise<WireTap> {
  const connections: TappedStatement[][] = []
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(target.port, '127.0.0.1')
    const statements: TappedStatement[] = []
    connections.push(statements)
    const read = messageReader((statement) => statements.push(statement))
    client.on('data', read)
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => other.destroy())
      socket.pipe(other)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    take: () => connections.map((statements) => statements.splice(0)).filter((statements) => statements.length > 0),
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The frontend's half of one connection: Parse, Bind and simple queries; everything else is passed over. */
function messageReader(onStatement: (statement: TappedStatement) => void): (chunk: Buffer) => void {
  let buffer: Buffer = Buffer.alloc(0)
  let started = false
  const prepared = new Map<string, { sql: string; types: number[] }>()

  function message(type: string, body: Buffer): void {
    const reader = new MessageBody(body)
    if (type === 'Q') onStatement({ sql: reader.text(), values: [], types: [] })
    if (type === 'P') {
      const name = reader.text()
      prepared.set(name, { sql: reader.text(), types: reader.list(() => reader.int32()) })
    }
    if (type === 'B') {
      reader.text()
      const { sql = '', types = [] } = prepared.get(reader.text()) ?? {}
      reader.list(() => reader.int16())
      onStatement({ sql, types, values: reader.list(() => reader.value()) })
    }
  }

  return (chunk) => {
    buffer = Buffer.concat([buffer, chunk])
    for (;;) {
      // What comes first has no type: the request for TLS, which has the code 80877103, and then the start-up itself.
      const head = started ? 1 : 0
      if (buffer.length < head + 4) return
      const end = head + buffer.readInt32BE(head)
      if (buffer.length < end) return
      if (started) message(String.fromCharCode(buffer[0] ?? 0), buffer.subarray(5, end))
      else started = buffer.readInt32BE(4) !== 80877103
      buffer = buffer.subarray(end)
    }
  }
}

class MessageBody {
  readonly #body: Buffer
  #at = 0

  constructor(body: Buffer) {
    this.#body = body
  }

  int16(): number {
    this.#at += 2
    return this.#body.readInt16BE(this.#at - 2)
  }

  int32(): number {
    this.#at += 4
    return this.#body.readInt32BE(this.#at - 4)
  }

  /** Up to the next zero byte. */
  text(): string {
    const end = this.#body.indexOf(0, this.#at)
    const text = this.#body.toString('utf8', this.#at, end)
    this.#at = end + 1
    return text
  }

  value(): string | null {
    const length = this.int32()
    if (length < 0) return null
    this.#at += length
    return this.#body.toString('utf8', this.#at - length, this.#at)
  }

  list<T>(item: () => T): T[] {
    return Array.from({ length: this.int16() }, item)
  }
}
