-- Erasures that somebody has to do something about, and how many there are in all.
with erasure as (
  select
    l.id,
    l.state,
    l.due_at,
    exists (select from private.legal_holds h where h.user_id = l.user_id) as held,
    (select count(*) from private.erasure_by_hand b where b.erasure_id = l.id and b.done_at is null) as open_by_hand,
    (select s.error from private.erasure_steps s where s.erasure_id = l.id and s.state = 'failed' order by s.position limit 1)
      as error,
    (select max(coalesce(s.finished_at, s.started_at)) from private.erasure_steps s where s.erasure_id = l.id) as last_step_at
  from private.erasure_ledger l
)
select
  id as erasure,
  state,
  held,
  open_by_hand as "openByHand",
  error,
  to_char(due_at at time zone 'UTC', 'YYYY-MM-DD') as due,
  (due_at at time zone 'UTC')::date - (now() at time zone 'UTC')::date as "daysLeft",
  state in ('open', 'failed', 'partial') and not (state = 'partial' and held) and due_at < now() as overdue,
  open_by_hand > 0 and due_at < now() as "byHandOverdue",
  -- Nothing has ended for an hour: nobody is working on it any more.
  coalesce(last_step_at, '-infinity') < now() - interval '1 hour' as idle
from erasure
where state <> 'done' or open_by_hand > 0
order by due_at, id
