-- People whose data nobody may change (private.processing_restrictions) or destroy (private.legal_holds): enforced here,
-- for whoever writes, API, service_role and postgres alike. What is not bound: reading; signing in (auth is no change of
-- what is kept); and the owner's own DDL (drop, truncate, disable trigger).

-- Whether a transaction is a request that PostgREST answers. Storage sets request.method, too, where it is hosted.
create function private.in_api_request() returns boolean
language sql stable
set search_path = ''
as $$
  select coalesce(current_setting('request.method', true), '') <> ''
    and coalesce(current_setting('storage.operation', true), '') = ''
$$;
revoke all on function private.in_api_request() from public;

-- Why somebody's data stays as it is, as PostgREST's answer or as SQLSTATE 42501 with the same code for a constraint's
-- name. No user id is said: messages end up in logs.
create function private.refuse_change(obstacle text, person uuid) returns void
language plpgsql
set search_path = ''
as $$
declare
  code text;
  message text;
  operator_hint text;
  person_hint constant text := 'Reading stays possible. Only those who run this app can change it.';
begin
  case obstacle
    when 'erasure' then
      code := 'user_not_found';
      message := 'this person is being erased';
      operator_hint := 'Nothing is written for this person any more.';
    when 'restriction' then
      code := 'processing_restricted';
      message := 'the data of this person may be read, but not changed: its processing is restricted';
      operator_hint := 'journeys gdpr unrestrict ends it, once the person has been told.';
    else
      code := 'legal_hold';
      message := 'this data may be neither changed nor removed: it is under legal hold';
      operator_hint := 'journeys gdpr hold list says why.';
  end case;
  if not private.in_api_request() then
    raise exception using errcode = '42501', message = message, hint = operator_hint, constraint = code;
  elsif obstacle <> 'erasure' then
    perform private.raise_http(403, code, message, person_hint);
  elsif person = auth.uid() then
    perform private.raise_http(401, code, 'the person of this token no longer exists', 'Sign in again.');
  else
    perform private.raise_http(410, code, message, operator_hint);
  end if;
end
$$;
revoke all on function private.refuse_change(text, uuid) from public;

-- True inside a transaction of the erasure of this person, which says so with set_config('journeys.erasing', <uuid>, true).
-- No role of the API may: it cannot set it, and would not be believed.
create function private.is_erasing(person uuid) returns boolean
language sql stable
set search_path = ''
as $$
  select coalesce(current_setting('journeys.erasing', true), '') = person::text
    and private.calling_role() not in ('anon', 'authenticated')
$$;
revoke all on function private.is_erasing(uuid) from public;

-- Returns when this person's rows of held_table may be changed so by this transaction, until it ends: nobody restricts
-- them meanwhile. The share of the person's row makes it wait for a restriction or erasure that is just being placed; the
-- statement after it has a newer snapshot and sees what that committed. Above READ COMMITTED there is no newer snapshot:
-- there the stronger lock fails on a person whose row was changed since (40001, try again), which placing does.
-- It returns true or raises: an assignment of its result costs less than a statement.
create function private.require_changeable(person uuid, held_table text, operation text) returns boolean
language plpgsql
set search_path = ''
as $$
declare
  read_committed constant boolean := current_setting('transaction_isolation') = 'read committed';
  -- Compared here first: a function call less for nearly everybody.
  erasing constant boolean := current_setting('journeys.erasing', true) is not distinct from person::text
    and private.is_erasing(person);
  obstacle text;
  held boolean;
  noted text;
begin
  -- Who is restricted already is not waited for: a writer that holds rows an erasure wants would be its deadlock.
  if read_committed then
    perform from auth.users u
    where u.id = person
      and (erasing or not exists (select from private.processing_restrictions r where r.user_id = person))
    for key share of u;
  else
    perform from auth.users u
    where u.id = person
      and (erasing or not exists (select from private.processing_restrictions r where r.user_id = person))
    for share of u;
  end if;
  select
    (select r.kind from private.processing_restrictions r where r.user_id = person and not erasing),
    exists (select from private.legal_holds h where h.user_id = person)
  into obstacle, held;
  if obstacle is null and not held and read_committed then
    -- For the next row, see guard_person.
    noted := set_config('journeys.changeable', person || '/' || pg_current_xact_id(), true);
  end if;
  -- What is new destroys nothing.
  if obstacle is null and held and operation <> 'INSERT' and exists (
    select from private.legal_holds h where h.user_id = person and (h.tables is null or held_table = any (h.tables))
  ) then
    obstacle := 'hold';
  end if;
  if obstacle is not null then
    perform private.refuse_change(obstacle, person);
  end if;
  return true;
end
$$;
revoke all on function private.require_changeable(uuid, text, text) from public;

-- For a table with a column user_id; the argument is the table's name as a hold says it, since a partition has another.
-- Asks once per person and transaction, not once per row: with the share that require_changeable took, the answer stays
-- until the transaction ends. A rollback to a savepoint that gives the share up takes the note of it back, too, and the
-- transaction's id in it makes one that was left behind worthless.
create function private.guard_person() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  person constant uuid := case when tg_op = 'INSERT' then new.user_id else old.user_id end;
  changeable boolean;
begin
  -- Both may be null, the setting in a new session, the id before the first write; they must not be taken for equal.
  if person is not null and coalesce(current_setting('journeys.changeable', true), '')
    is distinct from person || '/' || pg_current_xact_id_if_assigned()
  then
    changeable := private.require_changeable(person, tg_argv[0], tg_op);
  end if;
  if tg_op = 'UPDATE' and new.user_id is not null and new.user_id is distinct from person then
    changeable := private.require_changeable(new.user_id, tg_argv[0], 'INSERT');
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end
$$;
revoke all on function private.guard_person() from public;

create trigger profiles_person
before insert or update or delete on public.profiles
for each row execute function private.guard_person('public.profiles');
create trigger user_addictions_person
before insert or update or delete on public.user_addictions
for each row execute function private.guard_person('public.user_addictions');
create trigger journal_entries_person
before insert or update or delete on public.journal_entries
for each row execute function private.guard_person('public.journal_entries');
create trigger purchases_person
before insert or update or delete on public.purchases
for each row execute function private.guard_person('public.purchases');
create trigger performance_metrics_person
before insert or update or delete on public.performance_metrics
for each row execute function private.guard_person('public.performance_metrics');

-- Files: of who owns one, and of the person whose id is the first folder. service_role, which passes by the policies of
-- Storage, does not pass by this. Removing a file of a person who is being erased is what the erasure does, through Storage,
-- which cannot say for whom it works.
create function private.guard_object() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  uuid_format constant text := '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$';
  person uuid;
begin
  for person in
    select distinct named.person::uuid
    from unnest(array[
      old.owner::text, old.owner_id, (storage.foldername(old.name))[1],
      new.owner::text, new.owner_id, (storage.foldername(new.name))[1]
    ]) as named (person)
    where named.person ~ uuid_format
  loop
    if tg_op = 'DELETE' and exists (
      select from private.processing_restrictions r where r.user_id = person and r.kind = 'erasure'
    ) then
      -- A hold that is just being placed is waited for.
      perform from auth.users u where u.id = person for key share;
      if exists (
        select from private.legal_holds h
        where h.user_id = person and (h.tables is null or 'storage.objects' = any (h.tables))
      ) then
        perform private.refuse_change('hold', person);
      end if;
      continue;
    end if;
    perform private.require_changeable(person, 'storage.objects', tg_op);
  end loop;
  return case when tg_op = 'DELETE' then old else new end;
end
$$;
revoke all on function private.guard_object() from public;

create trigger objects_person
before insert or update or delete on storage.objects
for each row execute function private.guard_object();

-- The account. The foreign keys of both tables keep it, too; this one says why, and sees that a deletion which leaves the
-- row and empties it ("soft") is one.
create function private.guard_account() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  if exists (select from private.legal_holds h where h.user_id = old.id) then
    perform private.refuse_change('hold', old.id);
  end if;
  if not private.is_erasing(old.id)
    and exists (select from private.processing_restrictions r where r.user_id = old.id)
  then
    perform private.refuse_change(r.kind, old.id) from private.processing_restrictions r where r.user_id = old.id;
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end
$$;
revoke all on function private.guard_account() from public;

create trigger users_kept
before delete on auth.users
for each row execute function private.guard_account();
create trigger users_kept_whole
before update of deleted_at on auth.users
for each row when (old.deleted_at is null and new.deleted_at is not null)
execute function private.guard_account();

-- Placing a restriction or a hold waits for those who are just writing, and what they wrote is under it. The new version
-- of the person's row is what a transaction with an older snapshot fails on (private.require_changeable).
create function private.settle_person() returns trigger
language plpgsql
set search_path = ''
as $$
begin
  perform from auth.users u where u.id = new.user_id for update;
  update auth.users u set updated_at = u.updated_at where u.id = new.user_id;
  -- What this very transaction found out before.
  perform set_config('journeys.changeable', '', true);
  return new;
end
$$;
revoke all on function private.settle_person() from public;

create trigger processing_restrictions_settle
before insert or update on private.processing_restrictions
for each row execute function private.settle_person();
create trigger legal_holds_settle
before insert or update on private.legal_holds
for each row execute function private.settle_person();

-- A hold on a table that is not there, or is spelt otherwise, would hold nothing and look as if it did.
create function private.check_held_tables() returns trigger
language plpgsql
set search_path = ''
as $$
declare
  named text;
begin
  foreach named in array coalesce(new.tables, '{}') loop
    if not exists (
      select
      from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname || '.' || c.relname = named and c.relkind in ('r', 'p') and not c.relispartition
    ) then
      raise exception 'there is no table %', named
        using errcode = '42P01', hint = 'A hold names tables as schema.table, and a partitioned one by its parent.';
    end if;
  end loop;
  return new;
end
$$;
revoke all on function private.check_held_tables() from public;

create trigger legal_holds_tables
before insert or update on private.legal_holds
for each row execute function private.check_held_tables();

-- Whose rows of a table (schema.table) retention leaves alone: people under a hold on it, people whose processing is
-- restricted, and those who are just being erased, which is the erasure's work.
create function private.held_people(target_table text) returns setof uuid
language sql stable
set search_path = ''
as $$
  select r.user_id from private.processing_restrictions r
  union
  select h.user_id from private.legal_holds h where h.tables is null or held_people.target_table = any (h.tables)
$$;
revoke all on function private.held_people(text) from public;
