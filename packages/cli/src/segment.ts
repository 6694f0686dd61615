import { z } from 'zod'

/** This generator's part of a load that several make together, as k6 takes it. */
export interface Segment {
  readonly segment: string
  /** How the whole load is cut up: the same for every generator. */
  readonly sequence: string
}

const hint = 'the second of three is --segment 1/3:2/3'

/**
 * `1/3:2/3`: one of n equal parts, in k6's notation. k6 also has to be told how the whole is cut, and cuts it differently for each
 * generator when it is not; of equal parts that follows.
 * https://grafana.com/docs/k6/latest/using-k6/k6-options/reference/#execution-segment
 */
export const segment = z.string().transform((typed, context): Segment => {
  const [from, to] = typed.split(':').map(fraction)
  const n = Math.max(from?.n ?? 0, to?.n ?? 0)
  const part = from && to && typed.split(':').length === 2 ? numerator(from, n) : undefined
  if (to === undefined || part === undefined || numerator(to, n) !== part + 1 || n < 2 || n > 100) {
    context.issues.push({
      code: 'custom',
      message: `must be one of 2 to 100 equal parts, such as 0:1/2, not "${typed}"`,
      params: { hint },
      input: typed,
    })
    return z.NEVER
  }
  const at = (index: number) => (index === 0 ? '0' : index === n ? '1' : `${index}/${n}`)
  return {
    segment: `${at(part)}:${at(part + 1)}`,
    sequence: Array.from({ length: n + 1 }, (_, index) => at(index)).join(','),
  }
})

interface Fraction {
  of: number
  n: number
}

function fraction(text: string): Fraction | undefined {
  const [, of, n = '1'] = /^(\d{1,3})(?:\/([1-9]\d{0,2}))?$/.exec(text) ?? []
  return of === undefined ? undefined : { of: Number(of), n: Number(n) }
}

/** `1` as thirds is 3; undefined when it is not a whole number of them. */
function numerator({ of, n }: Fraction, parts: number): number | undefined {
  const scaled = (of * parts) / n
  return Number.isInteger(scaled) ? scaled : undefined
}
