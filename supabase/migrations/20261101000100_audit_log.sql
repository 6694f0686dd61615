-- Who did what to whom, without saying who: the subject is a keyed hash, and detail holds counts, never content.
create table private.audit_log (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  actor text not null,
  action text not null,
  subject_hash text,
  detail jsonb not null default '{}',
  constraint audit_log_actor_length check (char_length(actor) between 1 and 200),
  constraint audit_log_action_format check (action ~ '^[a-z][a-z_.]{0,63}$'),
  constraint audit_log_detail_object check (jsonb_typeof(detail) = 'object')
);
alter table private.audit_log enable row level security;
create index audit_log_subject_hash_idx on private.audit_log (subject_hash);

-- Append-only for everyone. Grants do not bind the owner of a table nor a superuser; a trigger does.
create function private.refuse_audit_change() returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise exception 'private.audit_log is append-only: % refused', lower(tg_op) using errcode = '42501';
end
$$;
revoke all on function private.refuse_audit_change() from public;

create trigger audit_log_append_only
before update or delete or truncate on private.audit_log
for each statement execute function private.refuse_audit_change();

-- With session_replication_role = 'replica' an ordinary trigger would stay silent.
alter table private.audit_log enable always trigger audit_log_append_only;

revoke all on table private.audit_log from public, anon, authenticated, service_role;

create function private.record_audit(action text, subject uuid, detail jsonb default '{}', actor text default null)
returns bigint
language sql
set search_path = ''
as $$
  insert into private.audit_log (actor, action, subject_hash, detail)
  values (
    coalesce(record_audit.actor, private.calling_role()),
    record_audit.action,
    private.subject_hash(record_audit.subject),
    record_audit.detail
  )
  returning id
$$;
revoke all on function private.record_audit(text, uuid, jsonb, text) from public;
