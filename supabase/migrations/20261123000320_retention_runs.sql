-- Every run of "journeys retention run" and of cleanup_old_data(). A run of the command is written down before it does anything, with
-- the edge of every rule, so that one that was killed goes on to the same end.
update private.retention_runs set finished_at = started_at where finished_at is null;
alter table private.retention_runs
  add column state text not null default 'done',
  add column edges jsonb not null default '{}',
  add column detail jsonb not null default '{}',
  add constraint retention_runs_state_known check (state in ('running', 'interrupted', 'failed', 'done')),
  add constraint retention_runs_objects check (jsonb_typeof(edges) = 'object' and jsonb_typeof(detail) = 'object');
update private.retention_runs set state = 'failed' where error is not null;
alter table private.retention_runs add constraint retention_runs_done_is_finished check (
  state <> 'done' or (finished_at is not null and error is null)
);
comment on table private.retention_runs is
  'Every run of retention. A call of cleanup_old_data() that fails rolls its own row back: health sees that the last one is too old.';

-- How far a run is. A step that began and did not end is simply done again: every step may be repeated.
create table private.retention_steps (
  run_id bigint not null references private.retention_runs (id) on delete cascade,
  step text not null,
  state text not null default 'running',
  attempts integer not null default 1,
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  -- Counts, never content.
  detail jsonb not null default '{}',
  error text,
  primary key (run_id, step),
  constraint retention_steps_state_known check (state in ('running', 'failed', 'done')),
  constraint retention_steps_detail_object check (jsonb_typeof(detail) = 'object')
);
alter table private.retention_steps enable row level security;

-- What became of each month that left the journal. Written before it is detached, because afterwards nothing else says its bounds.
create table private.retired_partitions (
  id bigint generated always as identity primary key,
  -- In "partitions" until it is retired, in "retired" afterwards.
  name text not null,
  lower_bound date,
  upper_bound date not null,
  -- detaching → retired → dropping → dropped, or restored.
  state text not null default 'detaching',
  rows bigint,
  -- Of a large month the count is that of the planner's statistics: counting would take longer than retiring it.
  rows_estimated boolean not null default false,
  bytes bigint,
  retired_at timestamptz,
  drop_after timestamptz,
  dropped_at timestamptz,
  restored_at timestamptz,
  -- Of a restored one: not retired again before this day.
  keep_until date,
  constraint retired_partitions_state_known check (state in ('detaching', 'retired', 'dropping', 'dropped', 'restored')),
  constraint retired_partitions_times check (
    case state
      when 'retired' then retired_at is not null and drop_after is not null
      when 'dropped' then dropped_at is not null
      when 'restored' then restored_at is not null and keep_until is not null
      else true
    end
  )
);
alter table private.retired_partitions enable row level security;
create unique index retired_partitions_name_there on private.retired_partitions (name)
where state in ('detaching', 'retired', 'dropping');

revoke all on table private.retention_rules, private.retention_steps, private.retired_partitions
from public, anon, authenticated, service_role;
revoke all on sequence private.retired_partitions_id_seq from public, anon, authenticated, service_role;

-- The one lock of retention: the command holds it for its session, cleanup_old_data() for its transaction.
create function private.retention_lock() returns bigint
language sql immutable
set search_path = ''
as $$
  select hashtextextended('journeys.retention', 0)
$$;
revoke all on function private.retention_lock() from public;

-- Up to when what this rule is about has expired. The journal goes by whole days.
create function private.rule_edge(rule private.retention_rules, at timestamptz default now()) returns timestamptz
language sql stable
set search_path = ''
as $$
  select case
    when rule.method = 'months' then ((at at time zone 'UTC')::date - rule.keep)::date::timestamp at time zone 'UTC'
    else ((at at time zone 'UTC') - rule.keep) at time zone 'UTC'
  end
$$;
revoke all on function private.rule_edge(private.retention_rules, timestamptz) from public;
