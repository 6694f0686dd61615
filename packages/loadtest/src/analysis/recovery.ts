import { milliseconds } from '../verdict/figure-text.ts'
import type { AnalyseOptions, Findings, RecoveryAnalysis } from './analysis.ts'
import type { Outage } from './outage-log.ts'
import { phaseFigures, phaseWindow, serviceLevel } from './service-level.ts'
import { secondsUntilSettled, settlingRule, usualPerSecond } from './settling.ts'

/** How long the service was gone after the fault, and whether it forgot a write that it had confirmed. */
export function analyseRecovery(options: AnalyseOptions, findings: Findings): RecoveryAnalysis | undefined {
  const { plan, recorder, config, fault, lostWrites } = options
  const { startedAt } = recorder
  if (!fault || startedAt === undefined) {
    findings.invalid.push('the run ended before anything was broken, so there was nothing to recover from')
    return undefined
  }
  const slo = serviceLevel(config)
  const faultMs = fault.at - startedAt
  const outage: Outage = recorder.outage?.since(faultMs) ?? { failed: 0 }
  const points = recorder.timeline.points()
  const to = Math.min(phaseWindow(plan, 'after')?.endMs ?? faultMs, recorder.lastedMs) / 1000
  const secondsToSlo = secondsUntilSettled(points, {
    from: faultMs / 1000,
    brokenAt: (outage.firstFailureMs ?? faultMs) / 1000,
    to,
    slo,
    usualPerSecond: usualPerSecond(points, 'before'),
  })
  const since = (ms: number | undefined) => (ms === undefined ? undefined : (ms - faultMs) / 1000)
  const secondsToFirstSuccess = since(outage.firstSuccessMs)
  const analysis: RecoveryAnalysis = {
    kind: 'recovery',
    slo,
    fault: fault.description,
    faultMs,
    ...defined({
      secondsToFirstFailure: since(outage.firstFailureMs),
      secondsToFirstSuccess,
      // The timeline knows whole seconds only.
      secondsToSlo: secondsToSlo === undefined ? undefined : Math.max(secondsToSlo, secondsToFirstSuccess ?? 0),
      lostWrites,
    }),
    failedRequests: outage.failed,
    writes: recorder.writes.length,
    phases: ['before', 'after'].flatMap((phase) => phaseFigures(options, phase, slo) ?? []),
    rule: settlingRule(slo),
  }
  judgeService(analysis, findings)
  judgeWrites(analysis, findings)
  return analysis
}

function judgeService(analysis: RecoveryAnalysis, findings: Findings): void {
  const { secondsToFirstFailure, secondsToFirstSuccess, secondsToSlo, slo } = analysis
  if (secondsToFirstFailure === undefined) {
    findings.inconclusive.push(
      `no request failed after "${analysis.fault}": either nothing broke, or the load was too low to notice`,
    )
  } else if (secondsToFirstSuccess === undefined) {
    findings.fail.push('no request succeeded again after the fault')
  } else if (secondsToSlo === undefined) {
    findings.fail.push(
      `answers came again after ${secondsToFirstSuccess.toFixed(1)} s, but until the end of the run the p95 was not back ` +
        `under ${milliseconds(slo.p95Ms)} with few enough errors for good`,
    )
  }
}

function judgeWrites({ writes, lostWrites }: RecoveryAnalysis, findings: Findings): void {
  if (writes === 0) {
    findings.inconclusive.push('no write was answered, so none could be lost: weigh a scenario that writes')
  } else if (!lostWrites) {
    findings.inconclusive.push(
      'the confirmed writes could not be looked for: that needs the database, set DATABASE_URL',
    )
  } else if (lostWrites.lost > 0) {
    const first = lostWrites.examples[0]
    findings.fail.push(
      `${lostWrites.lost} of ${lostWrites.checked} confirmed writes are lost${first ? `, such as ${first.table} ${first.id}` : ''}`,
    )
  } else if (lostWrites.unverifiable > 0) {
    findings.inconclusive.push(
      `${lostWrites.unverifiable} confirmed writes have no usable id or version, so they could not be looked for`,
    )
  }
}

/** Without the keys that have no value: exactOptionalPropertyTypes tells them apart. */
function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}
