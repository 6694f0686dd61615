import type { ProbeCheck } from '../check.ts'
import { probePath } from '../http-probe.ts'

export const api: ProbeCheck = {
  id: 'api',
  title: 'API',
  unit: 'ms',
  threshold: ({ alerts }) => ({ warning: alerts.warning.responseTimeMs, critical: alerts.critical.responseTimeMs }),
  probe: (context) => probePath(context, '/rest/v1/', 'the API'),
}
