-- Whether the database really refuses what it promises to refuse, and holds that somebody has to look at again.
with guard as (
  select t.tgrelid as id, t.tgname as name, t.tgtype::integer as type, t.tgenabled in ('O', 'A') as is_on
  from pg_catalog.pg_trigger t
  where t.tgfoid in (
    to_regproc('private.guard_person'), to_regproc('private.guard_object'), to_regproc('private.guard_account')
  )
), watched as (
  -- Bits of pg_trigger.tgtype: 4 insert, 8 delete, 16 update.
  select c.oid as id, 28 as verbs
  from pg_catalog.pg_class c
  where c.relnamespace = to_regnamespace('public') and c.relkind in ('r', 'p')
    and exists (
      select from pg_catalog.pg_constraint k
      where k.conrelid = c.oid and k.contype = 'f' and k.confrelid = to_regclass('auth.users')
    )
  union all
  select to_regclass('storage.objects'), 28
  union all
  select to_regclass('auth.users'), 8
), unguarded as (
  select w.id, w.verbs & ~coalesce((select bit_or(g.type) from guard g where g.id = w.id), 0) as verbs
  from watched w
  where w.id is not null
), kept as (
  select exists (select from private.legal_holds) or exists (select from private.processing_restrictions) as anybody
), finding as (
  select
    1 as rank,
    case when kept.anybody then 'critical' else 'warning' end as state,
    format('%s is not guarded: a restriction or hold on somebody does not bind there', u.id::regclass) as summary,
    'whoever wants to write, change or remove rows there is not asked' as why,
    case u.id::regclass::text
      when 'storage.objects' then
        'create trigger objects_person before insert or update or delete on storage.objects for each row execute function private.guard_object();'
      when 'auth.users' then
        'create trigger users_kept before delete on auth.users for each row execute function private.guard_account();'
      else format(
        'create trigger %I before insert or update or delete on %I.%I for each row execute function private.guard_person(%L);',
        c.relname || '_guard', n.nspname, c.relname, n.nspname || '.' || c.relname
      )
    end as remediation,
    jsonb_build_object('table', n.nspname || '.' || c.relname) as fact
  from unguarded u
  join pg_catalog.pg_class c on c.oid = u.id
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  cross join kept
  where u.verbs > 0
  union all
  select
    1,
    case when kept.anybody then 'critical' else 'warning' end,
    format('the guard %I of %s is switched off', g.name, g.id::regclass),
    'restrictions and holds do not bind there until it is on again',
    format('alter table %I.%I enable trigger %I;', n.nspname, c.relname, g.name),
    jsonb_build_object('table', n.nspname || '.' || c.relname, 'trigger', g.name)
  from guard g
  join pg_catalog.pg_class c on c.oid = g.id
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  cross join kept
  where not g.is_on
  union all
  select
    2,
    'warning',
    format('legal hold %s has to be looked at since %s', h.id, h.review_on),
    'it does not end by itself, and what it keeps may be kept only as long as the claim lasts',
    null,
    jsonb_build_object('hold', h.id, 'review on', h.review_on, 'placed by', h.placed_by)
  from private.legal_holds h
  where h.review_on <= current_date
)
select state, null::double precision as value, summary, why, remediation, jsonb_build_array(fact) as facts
from finding
order by rank, state, summary
