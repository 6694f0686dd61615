-- What a hosted Supabase project has before its first migration, as far as this app and its operators can see it. Everything can be
-- run again: roles belong to the whole cluster, the rest to one database. Run by the superuser supabase_admin, in one transaction.
-- Sources: github.com/supabase/postgres (migrations/db) and github.com/supabase/auth (migrations) and
-- github.com/supabase/storage (migrations/tenant).

-- Roles --------------------------------------------------------------------------------------------------------------------------

do $roles$
declare
  wanted record;
begin
  for wanted in
    select *
      from (values
        ('anon', 'nologin noinherit'),
        ('authenticated', 'nologin noinherit'),
        ('service_role', 'nologin noinherit bypassrls'),
        ('authenticator', 'login noinherit'),
        ('supabase_auth_admin', 'login noinherit createrole'),
        ('supabase_storage_admin', 'login noinherit'),
        -- Hosted projects give their owner everything but superuser.
        ('postgres', 'login createdb createrole replication bypassrls')
      ) as roles (name, attributes)
  loop
    if not exists (select from pg_catalog.pg_roles where rolname = wanted.name) then
      execute format('create role %I %s', wanted.name, wanted.attributes);
    end if;
  end loop;
end
$roles$;

grant anon, authenticated, service_role to authenticator;
grant anon, authenticated, service_role, authenticator to postgres with admin option;
-- Storage acts as whoever asks: through authenticator it may `set role` to the three of the API.
grant authenticator to supabase_storage_admin;
-- Hosted, supautils lets postgres make policies on Storage's tables; a plain server lets only their owner.
grant supabase_storage_admin to postgres;
grant pg_monitor, pg_read_all_data, pg_signal_backend to postgres;
-- Hosted, supautils lets postgres set pgrst.* on a role; a plain server lets only a superuser, or who holds this right.
grant set on parameter "pgrst.db_pre_request" to postgres;

alter role postgres set search_path to "$user", public, extensions;
alter role supabase_admin set search_path to "$user", public, auth, extensions;
alter role supabase_auth_admin set search_path to auth;
alter role supabase_storage_admin set search_path to storage;
alter role supabase_storage_admin set idle_in_transaction_session_timeout to '60s';
alter role supabase_auth_admin set idle_in_transaction_session_timeout to '60s';
-- PostgREST applies these to each request, after its switch of role.
alter role anon set statement_timeout to '3s';
alter role authenticated set statement_timeout to '8s';
alter role authenticator set statement_timeout to '8s';
alter role authenticator set lock_timeout to '8s';

-- Database and schemas -----------------------------------------------------------------------------------------------------------

do $owner$
begin
  execute format('alter database %I owner to postgres', current_database());
end
$owner$;

create schema if not exists extensions;
create schema if not exists auth authorization supabase_auth_admin;
create schema if not exists storage;

grant all on schema extensions to postgres;
grant usage on schema extensions to anon, authenticated, service_role;
grant usage on schema public to postgres, anon, authenticated, service_role;
grant all on schema public to postgres;
grant usage on schema auth to anon, authenticated, service_role, postgres;
grant usage on schema storage to anon, authenticated, service_role;
grant all on schema storage to postgres;

create extension if not exists "uuid-ossp" with schema extensions;
create extension if not exists pgcrypto with schema extensions;
create extension if not exists pg_stat_statements with schema extensions;

-- A table, function or sequence that a migration makes in public belongs to everybody until the migration says otherwise.
alter default privileges for role postgres in schema public grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema public grant all on functions to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema public grant all on sequences to postgres, anon, authenticated, service_role;
alter default privileges for role supabase_admin in schema public grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges for role supabase_admin in schema public grant all on functions to postgres, anon, authenticated, service_role;
alter default privileges for role supabase_admin in schema public grant all on sequences to postgres, anon, authenticated, service_role;

-- PostgREST learns of every change of the schema -----------------------------------------------------------------------------------

create or replace function extensions.pgrst_ddl_watch() returns event_trigger language plpgsql as $watch$
declare
  cmd record;
begin
  for cmd in select * from pg_catalog.pg_event_trigger_ddl_commands()
  loop
    if cmd.command_tag in (
      'CREATE SCHEMA', 'ALTER SCHEMA', 'CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'ALTER TABLE',
      'CREATE FOREIGN TABLE', 'ALTER FOREIGN TABLE', 'CREATE VIEW', 'ALTER VIEW', 'CREATE MATERIALIZED VIEW', 'ALTER MATERIALIZED VIEW',
      'CREATE FUNCTION', 'ALTER FUNCTION', 'CREATE TRIGGER', 'CREATE TYPE', 'ALTER TYPE', 'CREATE RULE', 'COMMENT'
    ) and cmd.schema_name is distinct from 'pg_temp' then
      notify pgrst, 'reload schema';
    end if;
  end loop;
end
$watch$;

create or replace function extensions.pgrst_drop_watch() returns event_trigger language plpgsql as $watch$
declare
  dropped record;
begin
  for dropped in select * from pg_catalog.pg_event_trigger_dropped_objects()
  loop
    if dropped.object_type in (
      'schema', 'table', 'foreign table', 'view', 'materialized view', 'function', 'trigger', 'type', 'rule'
    ) and not dropped.is_temporary then
      notify pgrst, 'reload schema';
    end if;
  end loop;
end
$watch$;

drop event trigger if exists pgrst_ddl_watch;
create event trigger pgrst_ddl_watch on ddl_command_end execute function extensions.pgrst_ddl_watch();
drop event trigger if exists pgrst_drop_watch;
create event trigger pgrst_drop_watch on sql_drop execute function extensions.pgrst_drop_watch();
