-- Runs that left users behind, and how many. Users that were kept on purpose are not leftovers.
select u.raw_app_meta_data ->> 'journeys_loadtest' as run, count(*) as users
  from auth.users u
 where u.raw_app_meta_data ? 'journeys_loadtest'
   and not coalesce((u.raw_app_meta_data ->> 'journeys_loadtest_keep')::boolean, false)
 group by 1
