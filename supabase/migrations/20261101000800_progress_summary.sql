-- A person's progress between two dates, both included. Runs with the rights of the caller, so the policies of
-- journal_entries decide what it sees. The dates are the person's own ("today" depends on where they live).
--   current_streak  days in a row with an entry, ending on to_date or the day before it (today's entry may
--                   still come); like longest_streak it looks at the asked dates only
--   averages        per score, over the entries that have it, two decimals
--   weeks           every week (its Monday) of the asked dates, also those without an entry
-- Errors: 22023 (HTTP 400) when a date is missing, from_date is after to_date, or they span more than two years.
create function public.progress_summary(from_date date, to_date date) returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  summary jsonb;
begin
  if from_date is null or to_date is null then
    raise exception 'both dates are needed' using errcode = '22023';
  end if;
  if from_date > to_date then
    raise exception 'from_date % is after to_date %', from_date, to_date using errcode = '22023';
  end if;
  if to_date > from_date + interval '2 years' then
    raise exception 'the dates span more than two years' using errcode = '22023', hint = 'Ask for two years or less.';
  end if;

  with entries as materialized (
    select j.date, j.scores
    from public.journal_entries j
    where j.date between from_date and to_date
      and j.user_id = (select auth.uid())
  ),
  days as (
    select e.date, count(*) as entries from entries e group by e.date
  ),
  -- Consecutive days keep the same distance to their row number: the classic "gaps and islands".
  streaks as (
    select max(d.date) as last_day, count(*) as days
    from (select days.date, days.date - (row_number() over (order by days.date))::integer as island from days) d
    group by d.island
  ),
  averages as (
    select s.key, trim_scale(round(avg(s.value::numeric), 2)) as average
    from entries e
    cross join lateral jsonb_each_text(e.scores) s
    group by s.key
  ),
  week_counts as (
    select date_trunc('week', d.date::timestamp) as monday, sum(d.entries) as entries from days d group by 1
  ),
  weeks as (
    select w.monday::date as monday, coalesce(c.entries, 0) as entries
    from generate_series(date_trunc('week', from_date::timestamp), to_date::timestamp, interval '1 week') as w (monday)
    left join week_counts c on c.monday = w.monday
  )
  select jsonb_build_object(
    'from', from_date,
    'to', to_date,
    'entries', (select count(*) from entries),
    'current_streak', coalesce((select s.days from streaks s where s.last_day >= to_date - 1), 0),
    'longest_streak', coalesce((select max(s.days) from streaks s), 0),
    'averages', coalesce((select jsonb_object_agg(a.key, a.average) from averages a), '{}'),
    'weeks', (
      select jsonb_agg(jsonb_build_object('week', w.monday, 'entries', w.entries) order by w.monday) from weeks w
    )
  )
  into summary;
  return summary;
end
$$;
revoke all on function public.progress_summary(date, date) from public, anon, authenticated, service_role;
grant execute on function public.progress_summary(date, date) to authenticated;
