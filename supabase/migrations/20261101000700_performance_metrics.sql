-- What the app measured on a person's device. Written by the app, read by the same person and by operators.
create table public.performance_metrics (
  id bigint generated always as identity primary key,
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  name text not null,
  value double precision not null,
  unit text not null,
  tags jsonb not null default '{}',
  recorded_at timestamptz not null default now(),
  constraint performance_metrics_name_format check (name ~ '^[a-z][a-z0-9_.]{0,63}$'),
  -- NaN sorts above Infinity, so this leaves out all three.
  constraint performance_metrics_value_finite check (value > '-Infinity' and value < 'Infinity'),
  constraint performance_metrics_unit_known check (unit in ('ms', 'count', 'ratio', 'bytes')),
  constraint performance_metrics_tags_object check (jsonb_typeof(tags) = 'object'),
  -- Tags are labels, not a store: without a limit one device could fill the disk.
  constraint performance_metrics_tags_size check (octet_length(tags::text) <= 4096)
);
create index performance_metrics_user_id_recorded_at_idx on public.performance_metrics (user_id, recorded_at desc);

alter table public.performance_metrics enable row level security;

create policy "people read their own metrics" on public.performance_metrics
  for select to authenticated using ((select auth.uid()) = user_id);
create policy "people report their own metrics" on public.performance_metrics
  for insert to authenticated with check ((select auth.uid()) = user_id);

revoke all on table public.performance_metrics from public, anon, authenticated;
grant select on table public.performance_metrics to authenticated;
grant insert (user_id, name, value, unit, tags, recorded_at) on table public.performance_metrics to authenticated;
-- An identity column needs no right on its sequence; the default privileges gave it to everyone.
revoke all on sequence public.performance_metrics_id_seq from public, anon, authenticated;
