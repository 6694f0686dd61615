-- Two schemas that PostgREST does not serve (config.toml exposes only "public").
--   private     what operators and the database itself need: audit log, run records, rules, helpers.
--   partitions  the months of journal_entries. In "public" PostgREST would serve each of them as a table of
--               its own, without the policies of its parent.
create schema private;
create schema partitions;

revoke all on schema private from public;
revoke all on schema partitions from public;

-- USAGE is needed for one thing only: PostgREST calls private.before_request() as the role of the request.
-- No table here is granted to any of these roles, and every other function is revoked from public.
grant usage on schema private to anon, authenticated, service_role;

create extension if not exists pgcrypto with schema extensions;

create table private.settings (
  name text primary key,
  value text not null
);
alter table private.settings enable row level security;

-- The key of private.subject_hash(). It never leaves the database, so that a hash in the audit log cannot be
-- matched with a known user id by someone who holds only a copy of the log.
insert into private.settings (name, value)
values ('subject_hash_key', encode(extensions.gen_random_bytes(32), 'hex'));

create function private.subject_hash(subject uuid) returns text
language sql stable
set search_path = ''
as $$
  select encode(extensions.hmac(subject::text, s.value, 'sha256'), 'hex')
  from private.settings s
  where s.name = 'subject_hash_key'
$$;
revoke all on function private.subject_hash(uuid) from public;

-- The role that really asks. In a SECURITY DEFINER function current_user is the owner; the setting "role" is
-- what PostgREST switched to, and session_user is who logged in when nothing was switched.
create function private.calling_role() returns text
language sql stable
set search_path = ''
as $$
  select coalesce(nullif(current_setting('role', true), 'none'), session_user)
$$;
revoke all on function private.calling_role() from public;

-- Refuses everyone but service_role and those who hold the rights of postgres. The grants say the same; this is
-- the second lock, for the day a grant is widened by mistake. Returns the caller, for the audit log.
create function private.require_operator() returns text
language plpgsql stable
set search_path = ''
as $$
declare
  caller text := private.calling_role();
begin
  if caller = 'service_role' or pg_has_role(caller, 'postgres', 'usage') then
    return caller;
  end if;
  raise exception 'permission denied: only an operator may do this'
    using errcode = '42501', hint = 'Call it as service_role, or connect as postgres.';
end
$$;
revoke all on function private.require_operator() from public;

-- An error that PostgREST turns into an HTTP answer of our choice.
-- https://postgrest.org/en/v12/references/errors.html#raise-errors-with-http-status-codes
create function private.raise_http(status integer, code text, message text, hint text, headers jsonb default '{}')
returns void
language plpgsql
set search_path = ''
as $$
begin
  raise sqlstate 'PGRST' using
    -- supabase-js does not show a response's headers to its caller, so the wait is said in the body too.
    message = jsonb_build_object(
      'code', code,
      'message', message,
      'details', 'Retry after ' || (headers ->> 'Retry-After') || ' seconds.',
      'hint', hint
    )::text,
    detail = jsonb_build_object('status', status, 'headers', headers)::text;
end
$$;
revoke all on function private.raise_http(integer, text, text, text, jsonb) from public;

create function private.touch_updated_at() returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.updated_at := now();
  return new;
end
$$;
revoke all on function private.touch_updated_at() from public;
