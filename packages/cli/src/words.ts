/** Options before a command's name that take a word: that word is not the command. */
const takesWord = new Set(['--workdir', '--env'])

/** The words on a command line that are not options, up to `--`: `['--env', 'x', 'gdpr', 'anonymize']` → gdpr, anonymize. */
export function plainWords(argv: readonly string[]): string[] {
  return wordsUntil(argv, () => false)
}

/** The words at the begin, as far as only options that every command takes stand between them: the rest may be an option's value. */
export function leadingWords(argv: readonly string[]): string[] {
  return wordsUntil(argv, (option) => !isGlobal(option))
}

function wordsUntil(argv: readonly string[], stopsAt: (option: string) => boolean): string[] {
  const words: string[] = []
  const rest = argv.slice(0, endOfOptions(argv))
  for (let index = 0; index < rest.length; index += 1) {
    const word = rest[index] ?? ''
    if (takesWord.has(word)) index += 1
    else if (!word.startsWith('-')) words.push(word)
    else if (stopsAt(word)) break
  }
  return words
}

const switches = new Set(['--json', '--quiet', '-q', '--verbose', '--no-color', '--help', '-h'])

function isGlobal(word: string): boolean {
  return switches.has(word) || takesWord.has(word.split('=')[0] ?? '')
}

/** Whether an option stands on the command line, known before it is parsed: a usage error too is answered as JSON. */
export function isGiven(argv: readonly string[], option: string): boolean {
  return argv.slice(0, endOfOptions(argv)).includes(option)
}

/** The value of `--env name` or `--env=name`, as far as it can be told without parsing. */
export function valueGiven(argv: readonly string[], option: string): string | undefined {
  const rest = argv.slice(0, endOfOptions(argv))
  const joined = rest.find((word) => word.startsWith(`${option}=`))
  if (joined !== undefined) return joined.slice(option.length + 1)
  const next = rest[rest.indexOf(option) + 1]
  return rest.includes(option) && next !== undefined && !next.startsWith('-') ? next : undefined
}

/** `help gdpr anonymize` is another way to say `gdpr anonymize --help`. */
export function withoutHelpWord(argv: readonly string[]): string[] {
  if (plainWords(argv)[0] !== 'help') return [...argv]
  const at = argv.indexOf('help')
  return [...argv.slice(0, at), ...argv.slice(at + 1), '--help']
}

function endOfOptions(argv: readonly string[]): number {
  const at = argv.indexOf('--')
  return at === -1 ? argv.length : at
}
