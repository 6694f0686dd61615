import { z } from 'zod'

/** A span of the calendar as people and laws say it: `90 days`, `2 years`. Postgres reads the same words as an interval. */
export const period = z
  .string()
  .regex(/^[1-9]\d{0,4} (day|week|month|year)s?$/, 'a period is a number and a unit: 30 days, 10 years')
