/**
 * A last guard over words that are not ours (a server's message, an unexpected error): passwords inside URLs, JWTs and
 * Supabase's secret keys are blanked before they reach a screen or a log.
 */
export function hideSecrets(text: string): string {
  return text
    .replace(/(\b[a-z][a-z+]*:\/\/[^\s:/@]+):[^\s@]+@/gi, '$1:***@')
    .replace(/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, '***')
    .replace(/\bsb_secret_[\w-]+/g, '***')
}
