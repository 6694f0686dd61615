import type { Column } from '../map-reach.ts'

/** A column that an export leaves out, and why, in words for the person. */
export interface Withheld {
  column: string
  why: string
}

const secret = 'a secret that protects your account: whoever has it could act in your name'
const staff =
  'the name of a member of the staff: their data, which the right of access does not reach (Court of Justice, C-579/21)'

/** Named like what somebody signs in with, in whatever table. */
const secretName =
  /(^|_)(passwords?|passwd|passphrase|secrets?|tokens?|api_?key|private_?key|hmac_key|otp_code|auth_code|authorization_code|code_challenge|nonce)(_(new|current|hash|digest|salt))?$/

/** Types by their name in pg_type that can hold a secret; a number of tokens or a switch is none. */
const holdsSecret = new Set(['text', 'varchar', 'bpchar', 'citext', 'bytea', 'uuid', 'json', 'jsonb'])

/** Secrets that are not named like any; by table. */
const secretColumns: Record<string, readonly string[]> = {
  'auth.refresh_tokens': ['parent'],
  'auth.mfa_factors': ['web_authn_credential', 'last_webauthn_challenge_data'],
  'auth.mfa_challenges': ['web_authn_session_data'],
  'auth.flow_state': ['oauth_client_state_id'],
  'auth.saml_relay_states': ['request_id'],
  'auth.oauth_authorizations': ['authorization_id', 'state'],
  'storage.s3_multipart_uploads': ['upload_signature'],
  'private.erasure_ledger': ['sealed'],
}

/** Named like a secret, and none: the parts of a file's path. */
const noSecrets: Record<string, readonly string[]> = { 'storage.objects': ['path_tokens'] }

const staffColumns: Record<string, readonly string[]> = {
  'private.audit_log': ['actor'],
  'private.erasure_ledger': ['actor'],
  'private.erasure_by_hand': ['done_by'],
  'private.legal_holds': ['placed_by'],
  'private.processing_restrictions': ['placed_by'],
}

const otherReasons: Record<string, Record<string, string>> = {
  'private.legal_holds': {
    reason:
      'may speak of a claim or an inquiry and of those behind it (Art. 15(4) and 23 GDPR); the data-protection officer tells you what can be told',
  },
}

/** Why this column of a person's own rows is not given out; `undefined` when it is. */
export function reasonToWithhold(table: string, { name, base }: Pick<Column, 'name' | 'base'>): string | undefined {
  const other = otherReasons[table]?.[name]
  if (other !== undefined) return other
  if (staffColumns[table]?.includes(name)) return staff
  if (secretColumns[table]?.includes(name)) return secret
  if (noSecrets[table]?.includes(name)) return undefined
  return holdsSecret.has(base) && secretName.test(name) ? secret : undefined
}
