-- What has to be remembered of an erasure so that it can be finished, proven, and repeated after a restore.
-- No API role is granted anything here: operators only.

-- One row per erasure, written before anything is touched. The person appears as a keyed hash, whose key is not in
-- this database; their id only until the erasure is done, because without it nothing could be resumed.
create table private.erasure_ledger (
  -- What people say and type: E-7F3AC1B2.
  id text primary key default 'E-' || upper(encode(extensions.gen_random_bytes(4), 'hex')),
  subject_hash text not null,
  -- Which key made the hash and will sign the receipt.
  key_id text not null,
  user_id uuid,
  -- What the verification searches for, encrypted with a key that is not in this database; gone when done.
  sealed bytea,
  -- When the person asked: the month of Art. 12(3) GDPR runs from here.
  requested_at timestamptz not null default now(),
  due_at timestamptz not null,
  opened_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  actor text not null,
  reason text,
  plan_id text not null,
  -- Counts, never content.
  plan jsonb not null,
  options jsonb not null default '{}',
  state text not null default 'open',
  -- The erasure that this one repeats, after a restore.
  replays text,
  constraint erasure_ledger_id_format check (id ~ '^E-[0-9A-F]{8}$'),
  constraint erasure_ledger_state_known check (state in ('open', 'failed', 'partial', 'done')),
  constraint erasure_ledger_actor_length check (char_length(actor) between 1 and 200),
  constraint erasure_ledger_reason_length check (char_length(reason) between 1 and 500),
  constraint erasure_ledger_plan_object check (jsonb_typeof(plan) = 'object' and jsonb_typeof(options) = 'object'),
  -- The two things that lead to the person leave with the word "done", and not before.
  constraint erasure_ledger_done_forgets check (
    case when state = 'done' then user_id is null and sealed is null and finished_at is not null
      else user_id is not null end
  )
);
alter table private.erasure_ledger enable row level security;
-- Two erasures of one person at once would report each other's work.
create unique index erasure_ledger_one_at_a_time on private.erasure_ledger (subject_hash) where state <> 'done';
create index erasure_ledger_subject_hash_idx on private.erasure_ledger (subject_hash);

-- How far an erasure is. A step that began and did not end is simply done again: every step may be repeated.
create table private.erasure_steps (
  erasure_id text not null references private.erasure_ledger (id) on delete cascade,
  step text not null,
  position integer not null,
  state text not null default 'pending',
  attempts integer not null default 0,
  started_at timestamptz,
  finished_at timestamptz,
  -- Counts, never content.
  detail jsonb not null default '{}',
  error text,
  primary key (erasure_id, step),
  constraint erasure_steps_state_known check (state in ('pending', 'running', 'failed', 'done')),
  constraint erasure_steps_detail_object check (jsonb_typeof(detail) = 'object')
);
alter table private.erasure_steps enable row level security;

-- What no command reaches and a person does: backups, logs, the payment provider.
create table private.erasure_by_hand (
  erasure_id text not null references private.erasure_ledger (id) on delete cascade,
  step text not null,
  title text not null,
  todo text not null,
  done_at timestamptz,
  done_by text,
  note text,
  primary key (erasure_id, step),
  constraint erasure_by_hand_done_names_somebody check ((done_at is null) = (done_by is null)),
  constraint erasure_by_hand_note_length check (char_length(note) <= 500)
);
alter table private.erasure_by_hand enable row level security;

-- Receipts in the order in which they were signed, each naming the hash of the one before. "body" is the signed text,
-- byte for byte; purging the ledger empties it and leaves the hash, so that the chain still holds.
create table private.erasure_receipts (
  seq bigint primary key,
  erasure_id text not null,
  outcome text not null,
  key_id text not null,
  body text,
  hash text not null,
  previous_hash text,
  signed_at timestamptz not null,
  purged_at timestamptz,
  constraint erasure_receipts_seq_positive check (seq > 0),
  constraint erasure_receipts_outcome_known check (outcome in ('done', 'partial', 'failed')),
  constraint erasure_receipts_hash_once unique (hash),
  constraint erasure_receipts_first_has_no_previous check ((seq = 1) = (previous_hash is null)),
  constraint erasure_receipts_purged_or_whole check ((body is null) = (purged_at is not null))
);
alter table private.erasure_receipts enable row level security;
create index erasure_receipts_erasure_id_idx on private.erasure_receipts (erasure_id);

-- A receipt is never changed nor taken out, but for the one change that purging is.
create function private.refuse_receipt_change() returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if tg_op = 'UPDATE' and old.body is not null and new.body is null
    and (new.seq, new.hash, new.previous_hash, new.outcome, new.key_id, new.signed_at)
      is not distinct from (old.seq, old.hash, old.previous_hash, old.outcome, old.key_id, old.signed_at)
  then
    return new;
  end if;
  raise exception 'private.erasure_receipts is append-only: % refused', lower(tg_op) using errcode = '42501';
end
$$;
revoke all on function private.refuse_receipt_change() from public;
create trigger erasure_receipts_append_only
before update or delete on private.erasure_receipts
for each row execute function private.refuse_receipt_change();
alter table private.erasure_receipts enable always trigger erasure_receipts_append_only;
create trigger erasure_receipts_not_truncated
before truncate on private.erasure_receipts
for each statement execute function private.refuse_receipt_change();
alter table private.erasure_receipts enable always trigger erasure_receipts_not_truncated;

-- Data that must not be destroyed, because a claim or an authority asks for it (Art. 17(3)(e) GDPR). The foreign key is the
-- lock: the account cannot be deleted while it is there, whoever tries.
create table private.legal_holds (
  id bigint generated always as identity primary key,
  user_id uuid not null references auth.users (id) on delete restrict,
  -- schema.table; null: everything.
  tables text[],
  reason text not null,
  -- The day on which somebody has to look at it again. It does not end by itself.
  review_on date,
  placed_by text not null,
  placed_at timestamptz not null default now(),
  constraint legal_holds_reason_length check (char_length(reason) between 1 and 500),
  constraint legal_holds_placed_by_length check (char_length(placed_by) between 1 and 200),
  constraint legal_holds_tables_named check (cardinality(tables) > 0 and array_position(tables, null) is null)
);
alter table private.legal_holds enable row level security;
create index legal_holds_user_id_idx on private.legal_holds (user_id);

-- People whose data nobody may change: because they asked for it (Art. 18 GDPR), or because it is just being erased.
create table private.processing_restrictions (
  user_id uuid primary key references auth.users (id) on delete restrict,
  kind text not null,
  reason text not null,
  placed_by text not null,
  placed_at timestamptz not null default now(),
  constraint processing_restrictions_kind_known check (kind in ('restriction', 'erasure')),
  constraint processing_restrictions_reason_length check (char_length(reason) between 1 and 500),
  constraint processing_restrictions_placed_by_length check (char_length(placed_by) between 1 and 200)
);
alter table private.processing_restrictions enable row level security;

revoke all on table
  private.erasure_ledger, private.erasure_steps, private.erasure_by_hand, private.erasure_receipts,
  private.legal_holds, private.processing_restrictions
from public, anon, authenticated, service_role;
