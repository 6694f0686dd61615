/** What every request of a signed-in user carries; the same on every engine. No import: it also runs inside k6. */
export function requestHeaders(
  anonKey: string,
  accessToken: string,
  hasBody: boolean,
  own: Readonly<Record<string, string>> | undefined,
): Record<string, string> {
  return {
    apikey: anonKey,
    Authorization: `Bearer ${accessToken}`,
    Accept: '*/*',
    ...(hasBody ? { 'Content-Type': 'application/json' } : {}),
    ...own,
  }
}
