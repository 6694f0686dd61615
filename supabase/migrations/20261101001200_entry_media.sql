-- Pictures and recordings that belong to journal entries, in a private bucket of Storage: one folder per person, named
-- by their id. Rows of storage.objects are the files; nothing but these policies says who may see or change them.
-- SVG is left out: it is a document that can run scripts.
insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values (
  'entry-media',
  'entry-media',
  false,
  10000000,
  array['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif', 'image/heic', 'image/heif', 'audio/*']
)
on conflict (id) do update set
  public = excluded.public,
  file_size_limit = excluded.file_size_limit,
  allowed_mime_types = excluded.allowed_mime_types;

-- A token outlives its person by up to an hour, and no foreign key ties a file to them: without this, an upload could
-- bring back a folder that was just erased. The lock makes it wait for an erasure that is under way, which holds the
-- person's row, and then find nobody.
create function private.caller_has_account() returns boolean
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform from auth.users u where u.id = auth.uid() for key share;
  return found;
end
$$;
revoke all on function private.caller_has_account() from public;
grant execute on function private.caller_has_account() to authenticated;

create policy "people see their own media" on storage.objects
  for select to authenticated
  using (bucket_id = 'entry-media' and (storage.foldername(name))[1] = (select auth.uid())::text);
create policy "people add their own media" on storage.objects
  for insert to authenticated
  with check (
    bucket_id = 'entry-media' and (storage.foldername(name))[1] = (select auth.uid())::text
    and (select private.caller_has_account())
  );
create policy "people change their own media" on storage.objects
  for update to authenticated
  using (bucket_id = 'entry-media' and (storage.foldername(name))[1] = (select auth.uid())::text)
  with check (
    bucket_id = 'entry-media' and (storage.foldername(name))[1] = (select auth.uid())::text
    and (select private.caller_has_account())
  );
create policy "people remove their own media" on storage.objects
  for delete to authenticated
  using (bucket_id = 'entry-media' and (storage.foldername(name))[1] = (select auth.uid())::text);
