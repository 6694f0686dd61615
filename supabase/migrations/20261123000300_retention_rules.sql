-- How long what is kept, months on their way out, and runs that can be resumed. The command "journeys retention run" does the work
-- with DETACH CONCURRENTLY; public.cleanup_old_data() does what can be done inside a function, for pg_cron.

-- Months that no longer hang on the journal and wait for the end of their grace period. Not exposed, closed to every API role.
create schema retired;
revoke all on schema retired from public;

-- The one place that says how long what is kept: the command writes journeys.config.json into it before it does anything else,
-- cleanup_old_data() reads it.
create table private.retention_rules (
  name text primary key,
  -- schema.table
  target text not null,
  -- months: whole partitions of the journal, then the rest by rows · rows: in batches · load-test-users: accounts with their mark.
  method text not null default 'rows',
  -- What tells the age of a row: the first of these columns that is set.
  columns text[] not null,
  -- The column that leads to the person, whose rows a legal hold or a restriction keeps; null: none does.
  subject text,
  -- Null: switched off.
  keep interval,
  position integer not null default 100,
  constraint retention_rules_name_format check (name ~ '^[a-z][a-z0-9-]{0,40}$'),
  constraint retention_rules_target_qualified check (target ~ '^[^.]+\.[^.]+$'),
  constraint retention_rules_method_known check (method in ('months', 'rows', 'load-test-users')),
  constraint retention_rules_columns_named check (cardinality(columns) > 0),
  constraint retention_rules_keep_positive check (keep > interval '0')
);
alter table private.retention_rules enable row level security;

insert into private.retention_rules (name, target, method, columns, subject, keep, position) values
  ('entries', 'public.journal_entries', 'months', '{date}', 'user_id', '2 years', 1),
  ('metrics', 'public.performance_metrics', 'rows', '{recorded_at}', 'user_id', '90 days', 2),
  ('audit-log', 'private.audit_log', 'rows', '{at}', 'subject_hash', '3 years', 3),
  ('sessions', 'auth.sessions', 'rows', '{refreshed_at,updated_at,created_at}', 'user_id', '90 days', 4),
  ('rate-limits', 'private.rate_limits', 'rows', '{window_start}', 'user_id', '1 day', 5),
  ('load-test-leftovers', 'auth.users', 'load-test-users', '{created_at}', 'id', '7 days', 6),
  ('run-records', 'private.retention_runs', 'rows', '{finished_at}', null, '1 year', 7);

insert into private.settings (name, value)
values ('retention.grace_days', '30'), ('retention.months_ahead', '3');

-- The days are those of UTC wherever the server thinks it is: two runs of one evening must agree.
create or replace function private.retention_edge() returns date
language sql stable
set search_path = ''
as $$
  select coalesce(
    ((now() at time zone 'UTC')::date - (select r.keep from private.retention_rules r where r.name = 'entries'))::date,
    '-infinity'
  )
$$;
comment on function private.retention_edge() is
  'The oldest date of the journal that is kept; older entries go. -infinity: the rule is switched off.';
