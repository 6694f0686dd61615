/** A database URL as it may be shown: who and where, without the password. */
export function withoutPassword(databaseUrl: string): string {
  const url = new URL(databaseUrl)
  url.password = ''
  return url.href
}

/** `NAME='value'`: read by every POSIX shell as exactly that value. */
export function shellAssignment(name: string, value: string): string {
  return `${name}=${/^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`}`
}
