import { defineComparison } from '../load-comparison.ts'

export const command = defineComparison('loadtest baseline compare')
