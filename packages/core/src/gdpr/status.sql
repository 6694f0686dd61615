-- Erasures with everything that is known of them, those that somebody has to do something about first.
-- $1 ids of erasures, or null   $2 ids of plans, or null   $3 a person's id, or null   $4 the same as keyed hashes
-- $5 states, or null: any   $6 whether the finished ones are asked for, too
with erasure as (
  select
    l.*,
    -- A hold is the law's reason to wait (Art. 17(3)(e) GDPR): while it stands, what it covers is not late.
    exists (select from private.legal_holds h where h.user_id = l.user_id) as held,
    (select count(*) from private.erasure_by_hand b where b.erasure_id = l.id) as steps_by_hand,
    (select count(*) from private.erasure_by_hand b where b.erasure_id = l.id and b.done_at is null) as open_by_hand
  from private.erasure_ledger l
  where ($1::text[] is null or l.id = any ($1))
    and ($2::text[] is null or l.plan_id = any ($2))
    and ($3::uuid is null or l.user_id = $3 or l.subject_hash = any ($4::text[]))
    and ($5::text[] is null or l.state = any ($5))
)
select
  e.id as erasure,
  e.state,
  e.user_id as "userId",
  e.key_id as "keyId",
  e.requested_at as "requestedAt",
  e.due_at as "dueAt",
  e.opened_at as "openedAt",
  e.finished_at as "finishedAt",
  e.actor,
  e.reason,
  e.plan_id as "planId",
  e.options,
  e.replays,
  e.held,
  (e.due_at at time zone 'UTC')::date - (now() at time zone 'UTC')::date as "daysLeft",
  e.state <> 'done' and not (e.state = 'partial' and e.held) and e.due_at < now() as overdue,
  e.open_by_hand > 0 and e.due_at < now() as "byHandOverdue",
  e.open_by_hand as "openByHand",
  coalesce(
    (
      select jsonb_agg(
        jsonb_build_object(
          'step', s.step, 'state', s.state, 'attempts', s.attempts, 'startedAt', s.started_at, 'finishedAt', s.finished_at,
          'error', s.error
        )
        order by s.position
      )
      from private.erasure_steps s
      where s.erasure_id = e.id
    ),
    '[]'
  ) as steps,
  coalesce(
    (
      select jsonb_agg(
        jsonb_build_object(
          'step', b.step, 'title', b.title, 'todo', b.todo, 'doneAt', b.done_at, 'doneBy', b.done_by, 'note', b.note
        )
        order by b.step
      )
      from private.erasure_by_hand b
      where b.erasure_id = e.id
    ),
    '[]'
  ) as "byHand",
  coalesce(
    (
      select jsonb_agg(
        jsonb_build_object('number', r.seq, 'outcome', r.outcome, 'hash', r.hash, 'signedAt', r.signed_at)
        order by r.seq
      )
      from private.erasure_receipts r
      where r.erasure_id = e.id
    ),
    '[]'
  ) as receipts
from erasure e
where $6::boolean or e.state <> 'done' or e.open_by_hand > 0
order by e.state = 'done', e.open_by_hand = 0, e.due_at, e.id
