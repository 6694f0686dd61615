-- The diary itself. One partition per month of "date", so that retention drops a month instead of deleting rows,
-- and a question about one month reads one month. Several entries a day are allowed.
create table public.journal_entries (
  id uuid not null default gen_random_uuid(),
  user_id uuid default auth.uid() references auth.users (id) on delete cascade,
  date date not null default current_date,
  reflection text not null,
  scores jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- The key must hold the partition column. An app that repeats a save sends the same id and the same date.
  constraint journal_entries_pkey primary key (id, date),
  constraint journal_entries_reflection_length check (char_length(reflection) between 1 and 10000),
  -- jsonpath, not a function: a function would have to be granted to everyone who writes. "strict", because in
  -- lax mode a filter looks inside arrays and lets {"mood": []} pass.
  constraint journal_entries_scores_valid check (
    case
      when jsonb_typeof(scores) <> 'object' then false
      else jsonb_array_length(jsonb_path_query_array(scores, 'strict $.keyvalue()')) <= 10
        and not jsonb_path_exists(scores, 'strict $.keyvalue() ? (!(@.key like_regex "^[a-z][a-z_]{0,31}$"))')
        and not jsonb_path_exists(
          scores,
          'strict $.* ? (@.type() != "number" || @ < 0 || @ > 10 || @.floor() != @)'
        )
    end
  ),
  -- A row without an owner is an anonymised one, and holds nothing of the person.
  constraint journal_entries_owned_or_anonymized check (
    user_id is not null or (reflection = '[ANONYMIZED]' and scores = '{}')
  )
) partition by range (date);
comment on column public.journal_entries.scores is
  'At most 10 scores, name to whole number from 0 to 10, e.g. {"mood": 7, "craving": 2}.';

-- The last entries of one person, newest first, by cursor (date, id): with user_id fixed, the partitions are
-- appended in the order of the index, and the scan stops at the limit.
create index journal_entries_user_id_date_id_idx on public.journal_entries (user_id, date desc, id desc);

-- An entry keeps its id for life: cursors and offline copies hold it. Anonymisation alone (the owner goes) may
-- change it and sets its own times: one common updated_at would tie the rows of one person together again.
create function private.guard_journal_entry() returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if new.user_id is null then
    return new;
  end if;
  if new.id <> old.id then
    raise exception 'the id of a journal entry cannot change' using errcode = '22023';
  end if;
  new.updated_at := now();
  return new;
end
$$;
revoke all on function private.guard_journal_entry() from public;

create trigger journal_entries_guard
before update on public.journal_entries
for each row execute function private.guard_journal_entry();

alter table public.journal_entries enable row level security;

create policy "people read their own entries" on public.journal_entries
  for select to authenticated using ((select auth.uid()) = user_id);
create policy "people write their own entries" on public.journal_entries
  for insert to authenticated with check ((select auth.uid()) = user_id);
create policy "people change their own entries" on public.journal_entries
  for update to authenticated using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
create policy "people remove their own entries" on public.journal_entries
  for delete to authenticated using ((select auth.uid()) = user_id);

-- id and user_id may be named in an update because an upsert sets every column it was sent; the trigger and the
-- policy keep their values. A changed date moves the row to its month.
revoke all on table public.journal_entries from public, anon, authenticated;
grant select, delete on table public.journal_entries to authenticated;
grant insert (id, user_id, date, reflection, scores) on table public.journal_entries to authenticated;
grant update (id, user_id, date, reflection, scores) on table public.journal_entries to authenticated;
