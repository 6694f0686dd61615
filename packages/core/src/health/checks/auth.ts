import type { ProbeCheck } from '../check.ts'
import { probePath } from '../http-probe.ts'

export const auth: ProbeCheck = {
  id: 'auth',
  title: 'Auth',
  unit: 'ms',
  threshold: ({ alerts }) => ({ warning: alerts.warning.responseTimeMs, critical: alerts.critical.responseTimeMs }),
  probe: (context) => probePath(context, '/auth/v1/health', 'Auth'),
}
