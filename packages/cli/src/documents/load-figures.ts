import { z } from 'zod'

export const count = z.number()
export const ms = z.number().exactOptional()
export const list = <T extends z.ZodType>(item: T) => z.array(item).readonly()

export const figures = {
  requests: count,
  rate: z.number().describe('requests per second'),
  errors: count.describe('the four kinds below together'),
  limited: count.describe('answered 429'),
  serverErrors: count.describe('answered 5xx'),
  clientErrors: count.describe('any other answer that is not 200 to 399'),
  networkErrors: count.describe('no answer'),
  avg: ms,
  min: ms,
  max: ms,
  p50: ms,
  p90: ms,
  p95: ms,
  p99: ms,
}

export const whole = z
  .object(figures)
  .describe('from the first request to the last; the figures beside it are of the judged phases')

export const checks = z.object({ passed: count, failed: count })
