import { requireUser } from './caller.ts'
import type { AuthContext, AuthRequest } from './context.ts'
import { AuthError } from './error.ts'
import { endSessions } from './session.ts'

/** `POST /logout?scope=global|local|others`. Access tokens live on until they expire; what they can no longer do is refresh. */
export async function signOut(context: AuthContext, request: AuthRequest): Promise<Response> {
  const { stored, sessionId } = await requireUser(context, request)
  const scope = request.req.query('scope') || 'global'
  if (scope !== 'global' && scope !== 'local' && scope !== 'others') {
    throw new AuthError(400, 'validation_failed', `Unsupported logout scope ${JSON.stringify(scope.slice(0, 40))}`)
  }
  const { id } = stored.user
  if (sessionId === undefined || scope === 'global') await endSessions(context.database, id, 'all')
  else await endSessions(context.database, id, scope === 'local' ? { only: sessionId } : { except: sessionId })
  return request.body(null, 204)
}
