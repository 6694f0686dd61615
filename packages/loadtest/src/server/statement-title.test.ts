import { expect, test } from 'vitest'
import { statementTitle } from './statement-title.ts'

test.each([
  [
    'WITH pgrst_source AS (INSERT INTO "public"."profiles"("display_name", "user_id") SELECT "pgrst_body"."display_name" FROM (SELECT $1 AS json_data) pgrst_payload RETURNING $3) SELECT $4 AS total_result_set',
    'insert into public.profiles',
  ],
  [
    'WITH pgrst_source AS (UPDATE "public"."profiles" SET "bio" = "pgrst_body"."bio" FROM (SELECT $1 AS json_data) pgrst_payload) SELECT 1',
    'update public.profiles',
  ],
  ['WITH pgrst_source AS (DELETE FROM "public"."purchases"  WHERE "id" = $1) SELECT 1', 'delete from public.purchases'],
  [
    'WITH pgrst_source AS ( SELECT "public"."journal_entries"."id" FROM "public"."journal_entries"    ORDER BY "date" LIMIT $1) SELECT $2',
    'select from public.journal_entries',
  ],
  [
    'WITH pgrst_source AS (SELECT pgrst_call.pgrst_scalar FROM (SELECT $1 AS json_data) pgrst_payload, LATERAL (SELECT "public"."progress_summary"("from_date" := pgrst_body."from_date") pgrst_scalar) pgrst_call) SELECT $6',
    'call of public.progress_summary',
  ],
  ['select "private"."before_request"()', 'call of private.before_request'],
  ['select * from private.sweep($1)', 'call of private.sweep'],
  [`select set_config('search_path', $1, true), set_config('role', $2, true)`, 'settings of a request'],
  ['update only public.notes n\n  set x = $1', 'update public.notes'],
  ['/* who asks */ select count(*)\nfrom auth.users -- all of them', 'select from auth.users'],
  ['COMMIT', 'COMMIT'],
  [
    'vacuum (analyze, verbose) public.a, public.b, public.c, public.d, public.e',
    'vacuum (analyze, verbose) public.a, public.b, public.c, pub…',
  ],
])('%s', (text, title) => {
  expect(statementTitle(text)).toBe(title)
})
