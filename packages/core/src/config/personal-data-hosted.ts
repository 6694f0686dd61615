import type { WrittenDecision } from './personal-data.ts'
import { each, type TableDecisions } from './personal-data-built-in.ts'

const setting: WrittenDecision = {
  strategy: 'not-personal',
  reason: 'a setting of the app, the same for everybody',
}
const ofTheSchema: WrittenDecision = {
  strategy: 'not-personal',
  reason: 'a statement of a migration, written by developers about tables',
}

/**
 * What a hosted Supabase project brings (github.com/supabase/auth and github.com/supabase/storage, migrations up to 2026). Versions
 * differ and the local stack has only part of it, so what is missing is no finding; what a newer version adds is one.
 */
export const hostedTables: TableDecisions = {
  'auth.users': each(
    'instance_id id aud role email encrypted_password email_confirmed_at invited_at confirmation_token confirmation_sent_at ' +
      'recovery_token recovery_sent_at email_change_token_new email_change email_change_sent_at last_sign_in_at raw_app_meta_data ' +
      'raw_user_meta_data is_super_admin created_at updated_at phone phone_confirmed_at phone_change phone_change_token ' +
      'phone_change_sent_at confirmed_at email_change_token_current email_change_confirm_status banned_until ' +
      'reauthentication_token reauthentication_sent_at is_sso_user deleted_at is_anonymous',
    'erase',
  ),
  'auth.identities': each(
    'provider_id user_id identity_data provider last_sign_in_at created_at updated_at email id',
    'erase',
  ),
  'auth.sessions': each(
    'id user_id created_at updated_at factor_id aal not_after refreshed_at user_agent ip tag oauth_client_id ' +
      'refresh_token_hmac_key refresh_token_counter scopes',
    'erase',
  ),
  'auth.refresh_tokens': each('instance_id id token user_id revoked created_at updated_at parent session_id', 'erase'),
  'auth.mfa_amr_claims': each('session_id created_at updated_at authentication_method id', 'erase'),
  'auth.mfa_factors': each(
    'id user_id friendly_name factor_type status created_at updated_at secret phone last_challenged_at web_authn_credential ' +
      'web_authn_aaguid last_webauthn_challenge_data',
    'erase',
  ),
  'auth.mfa_challenges': each(
    'id factor_id created_at verified_at ip_address otp_code web_authn_session_data',
    'erase',
  ),
  'auth.one_time_tokens': each('id user_id token_type token_hash relates_to created_at updated_at', 'erase'),
  'auth.flow_state': each(
    'id user_id auth_code code_challenge_method code_challenge provider_type provider_access_token provider_refresh_token ' +
      'created_at updated_at authentication_method auth_code_issued_at invite_token referrer oauth_client_state_id ' +
      'linking_target_id email_optional',
    'erase',
  ),
  'auth.saml_relay_states': each(
    'id sso_provider_id request_id for_email redirect_to from_ip_address created_at updated_at flow_state_id',
    'erase',
  ),
  'auth.oauth_authorizations': each(
    'id authorization_id client_id user_id redirect_uri scope state resource code_challenge code_challenge_method response_type ' +
      'status authorization_code created_at expires_at approved_at nonce',
    'erase',
  ),
  'auth.oauth_consents': each('id user_id client_id scopes granted_at revoked_at', 'erase'),
  // Who signed in or was invited, and when; people stand in its payload, by id and by address.
  'auth.audit_log_entries': each('instance_id id payload created_at ip_address', 'erase'),
  'storage.buckets': {
    ...each('owner owner_id', 'unlink'),
    ...each(
      'id name created_at updated_at public avif_autodetection file_size_limit allowed_mime_types type versioning_status',
      setting,
    ),
  },
  // The rows; the files behind them go through the Storage API.
  'storage.objects': each(
    'id bucket_id name owner owner_id created_at updated_at last_accessed_at metadata path_tokens version user_metadata level ' +
      'archived_at is_delete_marker is_versioned',
    'erase',
  ),
  // A folder is named after its person.
  'storage.prefixes': each('bucket_id name level created_at updated_at', 'erase'),
  'storage.s3_multipart_uploads': each(
    'id in_progress_size upload_signature bucket_id key version owner_id created_at user_metadata metadata',
    'erase',
  ),
  'storage.s3_multipart_uploads_parts': each(
    'id upload_id size part_number bucket_id key etag owner_id version created_at',
    'erase',
  ),
  'supabase_migrations.schema_migrations': {
    created_by: {
      strategy: 'keep',
      ground: 'who of the staff changed the schema: security of processing, Art. 32 and 6(1)(f) GDPR',
      period: '10 years',
    },
    ...each('version statements name idempotency_key rollback', ofTheSchema),
  },
}
