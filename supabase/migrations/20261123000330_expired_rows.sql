-- When a row of this table, called "t", is expired by this rule: SQL with one parameter, $1, the edge as timestamptz. A date, and a
-- time without a zone, are those of UTC.
create function private.expired_condition(rule private.retention_rules, relation regclass) returns text
language plpgsql stable
set search_path = ''
as $$
declare
  ages text[] := '{}';
  conditions text[];
  age_type text;
  subject_type text;
  item record;
begin
  for item in
    select n.name, pg_catalog.format_type(a.atttypid, null) as type
    from unnest(rule.columns) with ordinality as n (name, position)
    left join pg_catalog.pg_attribute a on a.attrelid = relation and a.attname = n.name and a.attnum > 0 and not a.attisdropped
    order by n.position
  loop
    age_type := item.type;
    ages := ages || case item.type
      when 'date' then format('(t.%I::timestamp at time zone ''UTC'')', item.name)
      when 'timestamp without time zone' then format('(t.%I at time zone ''UTC'')', item.name)
      when 'timestamp with time zone' then format('t.%I', item.name)
    end;
    if ages[cardinality(ages)] is null then
      raise exception 'the retention rule % goes by %.%, which is %', rule.name, relation, item.name,
        coalesce('of type ' || item.type, 'not there') using
        errcode = '42703', hint = 'Name a column of type date or timestamp in journeys.config.json.';
    end if;
  end loop;
  conditions := array[case
    -- As it is, so that an index can help.
    when cardinality(ages) = 1 and age_type = 'date' then format('t.%I < ($1 at time zone ''UTC'')::date', rule.columns[1])
    else format('coalesce(%s) < $1', array_to_string(ages, ', '))
  end];
  if rule.subject is not null then
    select pg_catalog.format_type(a.atttypid, null) into subject_type
    from pg_catalog.pg_attribute a
    where a.attrelid = relation and a.attname = rule.subject and a.attnum > 0 and not a.attisdropped;
    if subject_type is null then
      raise exception 'the retention rule % names the person by %.%, which is not there', rule.name, relation, rule.subject
        using errcode = '42703', hint = 'Name the column with the id of the person in journeys.config.json.';
    end if;
    conditions := conditions || format(
      '(t.%1$I is null or t.%1$I not in (select %2$s from private.held_people(%3$L) as held (id)))',
      rule.subject,
      case
        when rule.subject = 'subject_hash' then 'private.subject_hash(held.id)'
        when subject_type = 'uuid' then 'held.id'
        else 'held.id::text'
      end,
      rule.target
    );
  end if;
  if rule.method = 'load-test-users' then
    conditions := conditions || array[
      't.raw_app_meta_data ? ''journeys_loadtest''',
      'not coalesce((t.raw_app_meta_data ->> ''journeys_loadtest_keep'')::boolean, false)'
    ];
  end if;
  return array_to_string(conditions, ' and ');
end
$$;
revoke all on function private.expired_condition(private.retention_rules, regclass) from public;

-- Brought back for a while: retention leaves it alone until then.
create function private.is_restored(partition_name text) returns boolean
language sql stable
set search_path = ''
as $$
  select exists (
    select from private.retired_partitions r
    where r.name = is_restored.partition_name and r.state = 'restored' and r.keep_until > (now() at time zone 'UTC')::date
  )
$$;
revoke all on function private.is_restored(text) from public;

-- The tables that hold a rule's rows: the table itself, or the leaves of a partitioned one. Of the journal only the month that the
-- edge falls into, and months past it that people under a legal hold keep in place; not what somebody has restored.
create function private.tables_of_rule(rule private.retention_rules, edge timestamptz) returns setof regclass
language sql stable
set search_path = ''
as $$
  select c.oid::regclass
  from pg_catalog.pg_class c
  where c.oid = rule.target::regclass and c.relkind = 'r' and rule.method <> 'months'
  union all
  -- Of a table without partitions there is no tree.
  select tree.relid
  from pg_catalog.pg_partition_tree(rule.target::regclass) tree
  where tree.isleaf and tree.level > 0 and rule.method <> 'months'
  union all
  select p.partition_id::regclass
  from (select * from private.journal_partitions() order by upper_bound) p
  where rule.method = 'months'
    and not p.detach_pending
    and coalesce(p.lower_bound, '-infinity') < (edge at time zone 'UTC')::date
    and not private.is_restored(p.partition_name)
$$;

revoke all on function private.tables_of_rule(private.retention_rules, timestamptz) from public;

-- What keeps a month where it is. "held": rows of somebody whom a legal hold or a restriction protects; it stays and is emptied of
-- everybody else's. "erasure": somebody in it is just being erased; the next run takes it. One look into the index for each person.
create function private.month_obstacle(relation regclass) returns text
language plpgsql stable
set search_path = ''
as $$
declare
  held record;
  found_one boolean;
  obstacle text;
begin
  for held in
    select h.id, coalesce(r.kind = 'erasure', false) as erasing
    from private.held_people('public.journal_entries') as h (id)
    left join private.processing_restrictions r on r.user_id = h.id
  loop
    execute format('select exists (select from %s t where t.user_id = $1)', relation) into found_one using held.id;
    if found_one and not held.erasing then
      return 'held';
    elsif found_one then
      obstacle := 'erasure';
    end if;
  end loop;
  return obstacle;
end
$$;
revoke all on function private.month_obstacle(regclass) from public;

-- How many rows a month has: counted where that is quick, else as the planner's statistics have it. Counting five million rows would
-- take longer than retiring them.
create function private.count_month(relation regclass, out rows bigint, out estimated boolean, out bytes bigint)
language plpgsql stable
set search_path = ''
as $$
begin
  bytes := pg_catalog.pg_total_relation_size(relation);
  select c.reltuples::bigint, true into rows, estimated
  from pg_catalog.pg_class c
  where c.oid = relation and c.reltuples >= 0 and pg_catalog.pg_relation_size(relation) > 4 * 1024 * 1024;
  if not found then
    execute format('select count(*) from %s', relation) into rows;
    estimated := false;
  end if;
end
$$;
revoke all on function private.count_month(regclass) from public;
