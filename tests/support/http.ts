/** What came back: the JSON body as it is, `undefined` when there was none. */
export interface HttpAnswer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  body: any
}

export interface HttpCall {
  method?: string
  headers?: Record<string, string>
  /** Sent as JSON, unless it is a string. */
  body?: unknown
  /** The user's token. Without it, the key stands in. */
  token?: string | undefined
}

/** A request to a stack with its anonymous key, for what supabase-js does not let a test say or see. */
export async function call(
  stack: { url: string; anonKey: string },
  path: string,
  options: HttpCall = {},
): Promise<HttpAnswer> {
  const { token, body } = options
  const response = await fetch(stack.url + path, {
    method: options.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      apikey: stack.anonKey,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
}
