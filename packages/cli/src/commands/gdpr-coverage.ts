import { type Decision, describeDecision, ExitCode, findCoverage } from '@journeys/core/ops'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { toggle } from '../flag.ts'
import { renderCoverage } from '../views/coverage.ts'

const decision = z.union([z.string(), z.record(z.string(), z.unknown())]).describe('as in journeys.config.json')

export const command = defineCommand({
  name: 'gdpr coverage',
  description:
    'Compares the personal-data map (personalData in journeys.config.json, over a built-in one) with the database, read-only: every ' +
    'column of every table that leads to a person, by foreign key or by name, must have been decided about. Finds columns that nobody ' +
    'has decided about, decisions that the schema cannot carry out, and decisions about what is gone. Exits with 3 when it finds any.',
  arguments: {},
  flags: {
    all: toggle('--all', 'every column with what becomes of it and why, and what is done by hand'),
  },
  document: z.object({
    all: z.boolean().describe('whether the text lists every column; this document always does'),
    tables: z.array(
      z.object({
        table: z.string(),
        reachedBy: z.string().nullable().describe('how it leads to a person; null: the map alone says so'),
        columns: z.array(
          z.object({
            name: z.string(),
            strategy: z.enum(['erase', 'overwrite', 'unlink', 'keep', 'not-personal']).nullable(),
            says: z.string().nullable().describe('with its value, its ground and period, or its reason'),
          }),
        ),
      }),
    ),
    findings: z.array(
      z.object({
        kind: z.enum(['undecided', 'contradiction', 'gone']),
        table: z.string(),
        columns: z.array(z.string()),
        summary: z.string(),
        why: z.string(),
        do: z.string(),
        add: z
          .record(z.string(), z.record(z.string(), decision.nullable()).nullable())
          .describe('a proposal: what to lay under personalData.tables; null takes a decision back'),
      }),
    ),
    byHand: z.array(z.object({ id: z.string(), title: z.string(), do: z.string() })),
  }),
  examples: [
    { words: 'gdpr coverage', says: 'what nobody has decided about, on the local stack' },
    { words: 'gdpr coverage --all', says: 'the whole map, for the records of processing' },
    { words: 'gdpr coverage --env staging --json', says: 'for CI: exit code 3 fails the build' },
  ],
  async run(context, { all }) {
    const { config } = await context.config()
    const coverage = await findCoverage(await context.database(), config.personalData)
    const document = {
      all,
      tables: coverage.tables.map(({ columns, ...table }) => ({ ...table, columns: columns.map(presentable) })),
      findings: coverage.findings,
      byHand: [...coverage.byHand],
    }
    return { document, exitCode: coverage.findings.length > 0 ? ExitCode.findings : ExitCode.ok }
  },
  render: (document, look, about) => renderCoverage(document, look, about),
})

function presentable({ name, decision }: { name: string; decision: Decision | null }) {
  return { name, strategy: decision?.strategy ?? null, says: decision === null ? null : describeDecision(decision) }
}
