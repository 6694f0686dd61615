import { z } from 'zod'

/** `2026-11-23` as it was typed: a day that there is, past or yet to come. */
export const dayText = z.iso.date({ error: ({ input }) => `must be a day such as 2026-11-23, not "${input}"` })
