/** The values of one statement, each once, however often it is named. */
export class SqlValues {
  readonly list: unknown[] = []
  readonly #places = new Map<string, string>()

  /** @returns the placeholder with its type: `$1::uuid` */
  use(value: unknown, type: string): string {
    const key = `${type} ${JSON.stringify(value)}`
    const known = this.#places.get(key)
    if (known !== undefined) return known
    this.list.push(value)
    const place = `$${this.list.length}::${type}`
    this.#places.set(key, place)
    return place
  }
}
