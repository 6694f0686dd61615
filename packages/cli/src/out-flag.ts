import { z } from 'zod'
import { closest } from './did-you-mean.ts'
import { repeated } from './flag.ts'

const kinds = ['json', 'junit', 'markdown', 'html', 'prometheus'] as const

/** A further form of the result, and the file that it goes to; without one it is put beside the report. */
export interface WantedOutput {
  readonly kind: (typeof kinds)[number]
  readonly file?: string
}

const wanted = z.string().transform((typed, context): WantedOutput => {
  const at = typed.indexOf('=')
  const word = at === -1 ? typed : typed.slice(0, at)
  const file = at === -1 ? undefined : typed.slice(at + 1)
  const kind = kinds.find((one) => one === word)
  const fail = (message: string, hint?: string) => {
    context.issues.push({ code: 'custom', message, params: { hint }, input: typed })
    return z.NEVER
  }
  if (kind === undefined) {
    const meant = closest(word, kinds)
    return fail(`does not take "${word}"`, `${meant ? `did you mean ${meant}? ` : ''}One of: ${kinds.join(', ')}`)
  }
  if (file === undefined) return { kind }
  return file === '' ? fail('needs a file after the =', `--out ${kind}=results.${kind}`) : { kind, file }
})

/** `--out junit --out markdown=comment.md` */
export const outFlag = repeated(
  '--out <kind[=file]>',
  'the result in one more form; may be given several times',
  wanted,
  kinds,
)
