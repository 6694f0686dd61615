-- The tables of Supabase Storage and the functions that policies call, with its columns, keys and indexes
-- (github.com/supabase/storage, migrations/tenant up to 0063). They belong to supabase_storage_admin, as on a hosted project.

create table if not exists storage.buckets (
  id text not null primary key,
  name text not null,
  owner uuid,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  public boolean default false,
  avif_autodetection boolean default false,
  -- Bytes.
  file_size_limit bigint,
  allowed_mime_types text[],
  owner_id text,
  versioning_status text not null default 'DISABLED' constraint buckets_versioning_dark_check check (versioning_status = 'DISABLED')
);
comment on column storage.buckets.owner is 'Field is deprecated, use owner_id instead';
create unique index if not exists bname on storage.buckets (name);

do $type$
begin
  if to_regtype('storage.buckettype') is null then
    create type storage.buckettype as enum ('STANDARD', 'ANALYTICS', 'VECTOR');
  end if;
end
$type$;
alter table storage.buckets add column if not exists type storage.buckettype not null default 'STANDARD';

create table if not exists storage.objects (
  id uuid not null default gen_random_uuid() primary key,
  bucket_id text constraint "objects_bucketId_fkey" references storage.buckets (id),
  name text,
  owner uuid,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  last_accessed_at timestamptz default now(),
  metadata jsonb,
  path_tokens text[] generated always as (string_to_array(name, '/')) stored,
  -- Which file holds the content.
  version text,
  -- Text, and without a foreign key: so it is in Storage.
  owner_id text,
  user_metadata jsonb,
  archived_at timestamptz,
  is_delete_marker boolean not null default false,
  is_versioned boolean not null default false
);
comment on column storage.objects.owner is 'Field is deprecated, use owner_id instead';
create unique index if not exists bucketid_objname on storage.objects (bucket_id, name);
create index if not exists name_prefix_search on storage.objects (name text_pattern_ops);
create index if not exists idx_objects_bucket_id_name on storage.objects (bucket_id, name collate "C");
create index if not exists idx_objects_bucket_id_name_lower on storage.objects (bucket_id, lower(name) collate "C");

-- On, without policies: nobody sees a bucket or an object before a migration says who does.
alter table storage.buckets enable row level security;
alter table storage.objects enable row level security;

create or replace function storage.foldername(name text) returns text[] language sql immutable as $foldername$
  select (string_to_array(name, '/'))[:cardinality(string_to_array(name, '/')) - 1]
$foldername$;

create or replace function storage.filename(name text) returns text language sql immutable as $filename$
  select (string_to_array(name, '/'))[cardinality(string_to_array(name, '/'))]
$filename$;

create or replace function storage.extension(name text) returns text language sql immutable as $extension$
  select substring(storage.filename(name) from '[^.]*$')
$extension$;

-- What the Storage API is doing at the moment, for policies that allow one thing and not another: 'storage.object.upload'.
create or replace function storage.operation() returns text language sql stable as $operation$
  select current_setting('storage.operation', true)
$operation$;

create or replace function storage.touch_updated_at() returns trigger language plpgsql as $touch$
begin
  new.updated_at := now();
  return new;
end
$touch$;
create or replace trigger update_objects_updated_at
  before update on storage.objects for each row execute function storage.touch_updated_at();

create or replace function storage.enforce_bucket_name_length() returns trigger language plpgsql as $length$
begin
  if length(new.name) > 100 then
    raise exception 'bucket name "%" is too long (% characters). Max is 100.', new.name, length(new.name);
  end if;
  return new;
end
$length$;
create or replace trigger enforce_bucket_name_length_trigger
  before insert or update of name on storage.buckets for each row execute function storage.enforce_bucket_name_length();

-- A row deleted by SQL would leave its file behind. Only the API, which removes both, sets storage.allow_delete_query.
create or replace function storage.protect_delete() returns trigger language plpgsql as $protect$
begin
  if current_setting('storage.allow_delete_query', true) is distinct from 'true' then
    raise exception 'Direct deletion from storage tables is not allowed. Use the Storage API instead.'
      using errcode = '42501', hint = 'This prevents accidental data loss from orphaned objects.';
  end if;
  return null;
end
$protect$;
create or replace trigger protect_buckets_delete
  before delete on storage.buckets for each statement execute function storage.protect_delete();
create or replace trigger protect_objects_delete
  before delete on storage.objects for each statement execute function storage.protect_delete();

do $owner$
declare
  item record;
begin
  for item in
    select format('table storage.%I', c.relname) as name
      from pg_catalog.pg_class c
     where c.relnamespace = 'storage'::regnamespace and c.relkind = 'r'
    union all
    select 'function ' || p.oid::regprocedure
      from pg_catalog.pg_proc p
     where p.pronamespace = 'storage'::regnamespace
    union all
    select 'type storage.buckettype'
  loop
    execute format('alter %s owner to supabase_storage_admin', item.name);
  end loop;
end
$owner$;

grant all on schema storage to supabase_storage_admin;
grant all on storage.buckets, storage.objects to postgres with grant option;
-- Everything, and row-level security decides: as hosted.
grant all on storage.buckets, storage.objects to anon, authenticated, service_role;
