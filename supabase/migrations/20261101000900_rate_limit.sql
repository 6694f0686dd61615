-- Writes per person and window, counted where they happen, so that no gateway in front can be forgotten.
create table private.rate_limit_rules (
  role text primary key,
  max_writes integer not null,
  window_length interval not null,
  constraint rate_limit_rules_max_positive check (max_writes > 0),
  constraint rate_limit_rules_window_positive check (window_length >= interval '1 second')
);
alter table private.rate_limit_rules enable row level security;

-- A role without a rule is not limited: service_role is trusted, anon has nothing it could write.
insert into private.rate_limit_rules (role, max_writes, window_length)
values ('authenticated', 120, interval '1 minute');

-- One row per person, for the window they are in; the next window overwrites it, so nothing piles up. Unlogged: a
-- crash forgets the counts of the last minute, which costs nothing, and a write costs no WAL. Half-empty pages
-- keep the updates HOT. The counts go with their person.
create unlogged table private.rate_limits (
  user_id uuid primary key references auth.users (id) on delete cascade,
  window_start timestamptz not null,
  writes integer not null
) with (fillfactor = 50);
alter table private.rate_limits enable row level security;

-- PostgREST calls this first in every request, in the request's transaction, as the request's role. Consequences:
--   · a request that fails rolls its count back: only writes that happened are counted, a refused one is free;
--   · the row stays locked until the request ends: the writes of one person run one after the other, and the
--     count is exact under any concurrency;
--   · reads (GET, HEAD, and POST to a STABLE function) run READ ONLY, return at once and are never limited.
-- A token stays valid until it expires, its person may be gone: their writes end here, with 401.
-- Errors: 429 over_request_rate_limit with Retry-After in seconds · 401 user_not_found.
create function private.before_request() returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  rule private.rate_limit_rules;
  counted private.rate_limits;
begin
  if coalesce(current_setting('request.method', true), '') not in ('POST', 'PATCH', 'PUT', 'DELETE')
    or current_setting('transaction_read_only') = 'on'
  then
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
revoke all on function private.before_request() from public;
grant execute on function private.before_request() to anon, authenticated, service_role;

-- A role belongs to the whole cluster: where another database has set it already (a clone, a test), leave it, as
-- two sessions that write the same setting at once fail with "tuple concurrently updated".
do $$
begin
  if not exists (
    select
    from pg_catalog.pg_db_role_setting s
    where s.setrole = 'authenticator'::regrole
      and s.setdatabase = 0
      and 'pgrst.db_pre_request=private.before_request' = any (s.setconfig)
  ) then
    alter role authenticator set pgrst.db_pre_request = 'private.before_request';
  end if;
end
$$;
notify pgrst, 'reload config';
