create table public.user_addictions (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  kind text not null,
  label text,
  quit_on date not null,
  goal text,
  created_at timestamptz not null default now(),
  constraint user_addictions_kind_known check (
    kind in (
      'alcohol', 'tobacco', 'cannabis', 'opioids', 'cocaine', 'gambling', 'gaming', 'social_media', 'pornography',
      'food', 'other'
    )
  ),
  constraint user_addictions_label_length check (char_length(label) <= 80),
  constraint user_addictions_goal_length check (char_length(goal) <= 280)
);
create index user_addictions_user_id_idx on public.user_addictions (user_id);

alter table public.user_addictions enable row level security;

create policy "people read their own addictions" on public.user_addictions
  for select to authenticated using ((select auth.uid()) = user_id);
create policy "people add their own addictions" on public.user_addictions
  for insert to authenticated with check ((select auth.uid()) = user_id);
create policy "people change their own addictions" on public.user_addictions
  for update to authenticated using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
create policy "people remove their own addictions" on public.user_addictions
  for delete to authenticated using ((select auth.uid()) = user_id);

revoke all on table public.user_addictions from public, anon, authenticated;
grant select, delete on table public.user_addictions to authenticated;
grant insert (id, user_id, kind, label, quit_on, goal) on table public.user_addictions to authenticated;
grant update (id, user_id, kind, label, quit_on, goal) on table public.user_addictions to authenticated;
