import { userInfo } from 'node:os'

/** Who sits at the keyboard, for the audit log: behind sudo the person, not root. */
export function operatorName(env: NodeJS.ProcessEnv): string {
  return env.SUDO_USER || env.LOGNAME || env.USER || userInfo().username
}
