/** The command that does what the plan says, to be typed. */
export function confirmingRetention(environment: string): string {
  return `journeys retention run${environment === 'local' ? '' : ` --env ${environment}`} --confirm ${environment}`
}
