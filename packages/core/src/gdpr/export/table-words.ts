/** What a table holds, in words for the person that it is about. */
const words: Record<string, string> = {
  'public.profiles': 'Your profile: name, text about yourself, time zone, language, reminder, premium',
  'public.user_addictions': 'What you are leaving, since when, and your goal',
  'public.journal_entries': 'Your journal: every entry with its day, text and scores',
  'public.purchases': 'What you bought, when, and for how much',
  'public.performance_metrics': 'Measurements that the app took on your device: how fast it was, what failed',
  'private.rate_limits': 'How often you wrote within the last minutes, to keep floods away',
  'private.audit_log': 'What operators did with your data, and when',
  'private.legal_holds': 'That part of your data must not be destroyed for now',
  'private.processing_restrictions': 'That your data may be stored only, and since when',
  'private.erasure_ledger': 'An erasure of your data that was asked for',
  'auth.users': 'Your account: e-mail address or phone number, and when you signed up and in',
  'auth.identities': 'The ways in which you sign in',
  'auth.sessions': 'Devices that are signed in: since when, from which address, with which program',
  'auth.refresh_tokens': 'What keeps those devices signed in, without the secret itself',
  'auth.mfa_amr_claims': 'How each sign-in was proven',
  'auth.mfa_factors': 'Your second factors for signing in',
  'auth.mfa_challenges': 'When a second factor was asked for',
  'auth.one_time_tokens': 'Links that were mailed to you and not yet used',
  'auth.flow_state': 'Sign-ins through another service that were begun',
  'auth.audit_log_entries': "Sign-ins and changes of your account, in the sign-in service's own log",
  'storage.objects': 'The list of the files that you uploaded; the files themselves are in the folder files',
  'storage.prefixes': 'The folders that your files are in',
  'storage.s3_multipart_uploads': 'Uploads that were begun and not finished',
}

/** @param comment the table's comment in the database, where it has one */
export function tableWords(table: string, comment: string | null): string {
  return words[table] ?? comment ?? ''
}
