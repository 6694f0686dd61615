import { catalogue, commandsUnder, groupSummaries } from './catalogue.ts'
import type { Flag } from './flag.ts'
import { flagsOf } from './syntax.ts'
import { flagName } from './usage-error.ts'

/** Everything that may follow certain words: `''` → commands, `gdpr` → its subcommands, `health` → its options. */
interface CompletionPoint {
  /** Words before it, without options: `gdpr anonymize`. */
  path: string
  words: { word: string; says: string }[]
  /** The closed list after an option that has one. */
  valuesOf: { option: string; values: readonly string[] }[]
  /** Options that take a word we cannot list: a folder, a number. */
  takesWord: string[]
}

/** The script for a shell, made from the same definitions as the help. */
export async function completionScript(shell: 'bash' | 'zsh' | 'fish'): Promise<string> {
  const points = await completionPoints()
  if (shell === 'bash') return bashScript(points)
  return shell === 'zsh' ? zshScript(points) : fishScript(points)
}

async function completionPoints(): Promise<CompletionPoint[]> {
  const help = { word: 'help', says: 'more about a command' }
  const points = [point('', [...wordsAfter(''), help], flagsOf(undefined))]
  for (const group of beginnings()) {
    if (!isCommand(group)) points.push(point(group, wordsAfter(group), []))
  }
  for (const entry of catalogue) {
    const { command } = await entry.load()
    const values = Object.values(command.arguments).flatMap((argument) => argument.values ?? [])
    const words = [...wordsAfter(entry.name), ...values.map((word) => ({ word, says: '' }))]
    points.push(point(entry.name, words, flagsOf(command)))
  }
  return points
}

/** The words after which a further one may name a command: `gdpr`, `loadtest`, `loadtest baseline`. */
function beginnings(): string[] {
  const all = catalogue.flatMap(({ name }) => {
    const words = name.split(' ')
    return words.slice(1).map((_, index) => words.slice(0, index + 1).join(' '))
  })
  return [...new Set(all)]
}

function isCommand(words: string): boolean {
  return catalogue.some(({ name }) => name === words)
}

/** The next word of every command that begins like this. */
function wordsAfter(before: string): CompletionPoint['words'] {
  const entries = before === '' ? catalogue : commandsUnder(before)
  const depth = before === '' ? 0 : before.split(' ').length
  const words = new Map<string, string>()
  for (const { name, summary } of entries) {
    const path = name.split(' ').slice(0, depth + 1)
    const own = catalogue.find((entry) => entry.name === path.join(' '))
    words.set(path.at(-1) ?? '', own?.summary ?? groupSummaries[path.join(' ')] ?? summary)
  }
  return [...words].map(([word, says]) => ({ word, says }))
}

/** As a pattern of a shell's `case`. */
function beginningPattern(): string {
  return beginnings()
    .map((words) => `'${words}'`)
    .join(' | ')
}

function point(path: string, words: CompletionPoint['words'], flags: readonly Flag[]): CompletionPoint {
  const options = flags.map((flag) => ({ word: flagName(flag.usage), says: flag.description }))
  return {
    path,
    words: [...words, ...options, { word: '--help', says: 'show this help' }],
    valuesOf: flags.flatMap((flag) =>
      flag.values?.length ? [{ option: flagName(flag.usage), values: flag.values }] : [],
    ),
    takesWord: flags
      .filter((flag) => flag.usage.includes('<') && !flag.values?.length)
      .map((flag) => flagName(flag.usage)),
  }
}

function bashScript(points: readonly CompletionPoint[]): string {
  const words = points.map(({ path, words }) => `    '${path}') words='${words.map(({ word }) => word).join(' ')}' ;;`)
  return `# bash completion of journeys; made by: journeys completion bash
_journeys() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} said='' words='' before='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $before in ${takers(points)}) before=''; continue ;; esac
    before=$word
    case $word in -* | help) continue ;; esac
    case $said in '') said=$word ;; ${beginningPattern()}) said="$said $word" ;; esac
  done
  case "$said $previous" in
${points.flatMap(valueCases).join('\n')}
  esac
  if [[ -n $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$current")); return; fi
  case $previous in --workdir) COMPREPLY=($(compgen -d -- "$current")); return ;; esac
  case $said in
${words.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _journeys journeys`
}

/** A pattern for the options whose next word is their value, and so no command. */
function takers(points: readonly CompletionPoint[]): string {
  const options = points.flatMap((one) => [...one.takesWord, ...one.valuesOf.map(({ option }) => option)])
  return [...new Set(options)].join(' | ')
}

function valueCases(point: CompletionPoint): string[] {
  return point.valuesOf.map(({ option, values }) => `    '${point.path} ${option}') words='${values.join(' ')}' ;;`)
}

function zshScript(points: readonly CompletionPoint[]): string {
  const words = points.map(({ path, words }) => {
    const list = words.map(({ word, says }) => `'${zshQuote(says === '' ? word : `${word}:${says}`)}'`)
    return `    '${path}') words=(${list.join(' ')}) ;;`
  })
  return `#compdef journeys
# zsh completion of journeys; made by: journeys completion zsh
_journeys() {
  local said='' before='' word previous=\${words[CURRENT-1]}
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case $before in ${takers(points)}) before=''; continue ;; esac
    before=$word
    case $word in -* | help) continue ;; esac
    case $said in '') said=$word ;; ${beginningPattern()}) said="$said $word" ;; esac
  done
  local -a words
  case "$said $previous" in
${points.flatMap((one) => one.valuesOf.map(({ option, values }) => `    '${one.path} ${option}') words=(${values.join(' ')}) ;;`)).join('\n')}
  esac
  if (( $#words )); then _describe value words; return; fi
  if [[ $previous == --workdir ]]; then _directories; return; fi
  case $said in
${words.join('\n')}
  esac
  _describe command words
}
if [[ $funcstack[1] == _journeys ]]; then _journeys "$@"; else compdef _journeys journeys; fi`
}

/** Inside single quotes; _describe parts a word from its description at the first colon. */
function zshQuote(text: string): string {
  return text.replaceAll("'", "'\\''")
}

function fishScript(points: readonly CompletionPoint[]): string {
  const lines = points.flatMap((point) => {
    const condition = fishCondition(point.path)
    return point.words.map(({ word, says }) => {
      const description = says === '' ? '' : ` -d '${says.replaceAll("'", "\\'")}'`
      if (!word.startsWith('--')) return `complete -c journeys -n '${condition}' -a '${word}'${description}`
      const values = point.valuesOf.find(({ option }) => option === word)?.values
      const takes = values ? ` -x -a '${values.join(' ')}'` : point.takesWord.includes(word) ? ' -r' : ''
      return `complete -c journeys -n '${condition}' -l ${word.slice(2)}${takes}${description}`
    })
  })
  return `# fish completion of journeys; made by: journeys completion fish
complete -c journeys -f
${lines.join('\n')}`
}

function fishCondition(path: string): string {
  if (path === '') return '__fish_use_subcommand'
  const seen = path.split(' ').map((word) => `__fish_seen_subcommand_from ${word}`)
  const next = wordsAfter(path).map(({ word }) => word)
  const notYet = next.length > 0 ? [`not __fish_seen_subcommand_from ${next.join(' ')}`] : []
  return [...seen, ...notYet].join('; and ')
}
