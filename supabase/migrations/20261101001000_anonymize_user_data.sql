-- Erasure (GDPR article 17) of what a person wrote, under the name of the original document, which let anyone
-- call it on anyone and left user_id in place. Journal rows stay for statistics, but nothing of the person is in
-- them nor leads to them: text and scores overwritten, owner removed, a new id, times rounded to the day (one
-- common updated_at would tie them together). Purchases stay for bookkeeping, without their owner. The account
-- itself (auth.users, sessions, identities) is not touched here. Returns the rows changed per table.
-- Errors: 42501 the caller is no operator · P0002 there is no such user.
create function public.anonymize_user_data(user_uuid uuid) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  caller text := private.require_operator();
  counts jsonb := '{}';
  affected bigint;
begin
  -- Whoever wants to write for this person waits for this row: before_request and every foreign key ask for a share.
  perform from auth.users u where u.id = user_uuid for update;
  if not found then
    raise exception 'there is no user %', user_uuid using errcode = 'P0002';
  end if;

  delete from private.rate_limits r where r.user_id = user_uuid;

  update public.journal_entries j
  set id = gen_random_uuid(),
    user_id = null,
    reflection = '[ANONYMIZED]',
    scores = '{}',
    created_at = j.date::timestamp at time zone 'UTC',
    updated_at = j.date::timestamp at time zone 'UTC'
  where j.user_id = user_uuid;
  get diagnostics affected = row_count;
  counts := counts || jsonb_build_object('journal_entries', affected);

  delete from public.profiles p where p.user_id = user_uuid;
  get diagnostics affected = row_count;
  counts := counts || jsonb_build_object('profiles', affected);

  delete from public.user_addictions a where a.user_id = user_uuid;
  get diagnostics affected = row_count;
  counts := counts || jsonb_build_object('user_addictions', affected);

  -- The key was chosen by the person's device and may be in its logs.
  update public.purchases p
  set user_id = null, idempotency_key = gen_random_uuid()::text
  where p.user_id = user_uuid;
  get diagnostics affected = row_count;
  counts := counts || jsonb_build_object('purchases', affected);

  delete from public.performance_metrics m where m.user_id = user_uuid;
  get diagnostics affected = row_count;
  counts := counts || jsonb_build_object('performance_metrics', affected);

  perform private.record_audit('user.anonymize', user_uuid, counts, caller);
  return counts;
end
$$;
revoke all on function public.anonymize_user_data(uuid) from public, anon, authenticated, service_role;
grant execute on function public.anonymize_user_data(uuid) to service_role;
