-- What requests of the app meet before they reach a table (20261123000100_processing_restriction.sql).

-- As in 20261101000900_rate_limit.sql, and: a person who is being erased is told that they are gone, also when they read;
-- writes of one whose processing is restricted end here, before anything else happens. A restricted person still reads and
-- signs in: that they get at their data is what Art. 15 gives them, and storing it is what Art. 18(2) GDPR leaves.
-- Errors: 429 over_request_rate_limit with Retry-After in seconds · 401 user_not_found · 403 processing_restricted.
create or replace function private.before_request() returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  rule private.rate_limit_rules;
  counted private.rate_limits;
  obstacle text;
begin
  if coalesce(current_setting('request.method', true), '') not in ('POST', 'PATCH', 'PUT', 'DELETE')
    or current_setting('transaction_read_only') = 'on'
  then
    if exists (select from private.processing_restrictions r where r.user_id = auth.uid() and r.kind = 'erasure') then
      perform private.refuse_change('erasure', auth.uid());
    end if;
    return;
  end if;
  select r.* into rule from private.rate_limit_rules r where r.role = private.calling_role();
  if not found then
    return;
  end if;

  insert into private.rate_limits as l (user_id, window_start, writes)
  select u.id, date_bin(rule.window_length, clock_timestamp(), timestamptz 'epoch'), 1
  from auth.users u
  where u.id = auth.uid()
  -- Who deletes or anonymises a person starts with this row too: everybody locks in one order, and nobody deadlocks.
  for key share
  on conflict (user_id) do update set
    -- One that waited for the lock may come from the window before: it is counted in the newer one.
    window_start = greatest(l.window_start, excluded.window_start),
    writes = case when l.window_start >= excluded.window_start then l.writes + 1 else 1 end
  returning l.* into counted;

  if not found then
    perform private.raise_http(401, 'user_not_found', 'the person of this token no longer exists', 'Sign in again.');
  end if;
  select r.kind into obstacle from private.processing_restrictions r where r.user_id = auth.uid();
  if found then
    perform private.refuse_change(obstacle, auth.uid());
  end if;
  if counted.writes > rule.max_writes then
    perform private.raise_http(
      429, 'over_request_rate_limit',
      format('more than %s writes in %s seconds', rule.max_writes, extract(epoch from rule.window_length)::integer),
      'Wait as long as Retry-After says, or send several rows in one request.',
      jsonb_build_object('Retry-After', greatest(1, ceil(extract(epoch from
        counted.window_start + rule.window_length - clock_timestamp()))::integer)::text)
    );
  end if;
end
$$;

-- As in 20261101001200_entry_media.sql; whoever is being erased counts as gone.
create or replace function private.caller_has_account() returns boolean
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform from auth.users u where u.id = auth.uid() for key share;
  return found and not exists (
    select from private.processing_restrictions r where r.user_id = auth.uid() and r.kind = 'erasure'
  );
end
$$;

-- The same for those who only look: no lock, so that a READ ONLY transaction may ask.
create function private.caller_is_being_erased() returns boolean
language sql stable
security definer
set search_path = ''
as $$
  select exists (select from private.processing_restrictions r where r.user_id = auth.uid() and r.kind = 'erasure')
$$;
revoke all on function private.caller_is_being_erased() from public;
grant execute on function private.caller_is_being_erased() to authenticated;

drop policy "people see their own media" on storage.objects;
create policy "people see their own media" on storage.objects
  for select to authenticated
  using (
    bucket_id = 'entry-media' and (storage.foldername(name))[1] = (select auth.uid())::text
    and not (select private.caller_is_being_erased())
  );
