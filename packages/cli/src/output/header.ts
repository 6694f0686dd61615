import { spread } from './lines.ts'
import type { Look } from './look.ts'

/** `Journeys · local · 14:02:11                WARNING`: what this is about, and the one word or figure that matters. */
export function renderHeader(parts: readonly string[], right: string, look: Look): string {
  const [first = '', ...rest] = parts
  const left = [look.paint.bold(first), ...rest].join(look.paint.dim(' · '))
  return right === '' ? left : spread(left, right, look.width)
}

/** Lines of `label   value`, indented by two, the labels in a column of their own. */
export function renderFields(fields: readonly (readonly [label: string, value: string])[], look: Look): string {
  const column = Math.max(...fields.map(([label]) => label.length)) + 2
  return fields.map(([label, value]) => `  ${look.paint.dim(label.padEnd(column))}${value}`).join('\n')
}

/** `next   journeys health`: what to type now. Never broken, so that it can be copied. */
export function renderNext(commands: readonly string[], look: Look): string {
  return commands.map((command, index) => `${index === 0 ? look.paint.cyan('next') : '    '}   ${command}`).join('\n')
}
