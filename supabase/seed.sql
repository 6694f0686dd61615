-- A small community for a local database: twelve people, three months of their journals, relative to today.
-- Never run on a hosted project. Everybody's password is "journeys-local" (e.g. maya@community.example).
-- The same day always gives the same rows, and running it again adds nothing that is already there.

-- One bcrypt hash with a fixed salt, for all: twelve would take a second.
insert into auth.users (
  instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data,
  created_at, updated_at,
  -- Supabase Auth reads these as text and fails on null.
  confirmation_token, recovery_token, email_change_token_new, email_change
)
select
  '00000000-0000-0000-0000-000000000000',
  md5('journeys-seed:' || s.name)::uuid,
  'authenticated',
  'authenticated',
  s.name || '@community.example',
  password.hash,
  now() - make_interval(days => s.member_days),
  '{"provider": "email", "providers": ["email"]}',
  jsonb_build_object('display_name', initcap(s.name)),
  now() - make_interval(days => s.member_days),
  now() - make_interval(days => s.member_days),
  '', '', '', ''
from (
  values
    ('maya', 412), ('tom', 96), ('ines', 210), ('kofi', 61), ('lea', 88), ('daniel', 730), ('sofia', 154), ('hugo', 75),
    ('amara', 300), ('julien', 64), ('nora', 120), ('pete', 67)
) as s (name, member_days)
cross join (select extensions.crypt('journeys-local', '$2a$10$Journeys.Local.Seed.12') as hash) as password
on conflict do nothing;

insert into auth.identities (provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
select
  u.id::text,
  u.id,
  jsonb_build_object('sub', u.id, 'email', u.email, 'email_verified', true, 'phone_verified', false),
  'email', u.created_at, u.created_at, u.created_at
from auth.users u
where u.email like '%@community.example'
on conflict do nothing;

insert into public.profiles (user_id, display_name, bio, timezone, locale, daily_reminder_at, created_at, updated_at)
select u.id, s.display_name, s.bio, s.timezone, s.locale, s.reminder::time, u.created_at, u.created_at
from (
  values
    ('maya', 'Maya', 'Nurse, runner on good days. One evening at a time.', 'Europe/London', 'en-GB', '21:30'),
    ('tom', 'Tom R.', 'Dad of two. Used to smoke a pack a day.', 'America/Chicago', 'en-US', '20:00'),
    ('ines', 'Inès', 'Prof de lettres. J''écris pour ne pas oublier pourquoi.', 'Europe/Paris', 'fr-FR', '22:00'),
    ('kofi', 'Kofi', 'No more odds, no more apps.', 'Africa/Accra', 'en', '19:00'),
    ('lea', 'Léa', null, 'Europe/Brussels', 'fr', '21:00'),
    ('daniel', 'Daniel', 'Two years sober this winter. Here to give something back.', 'America/New_York', 'en-US', '07:00'),
    ('sofia', 'Sofia', 'Designer. Trying to look up from the screen.', 'Europe/Madrid', 'en', null),
    ('hugo', 'Hugo', 'Étudiant. J''ai rangé la console dans un carton.', 'Europe/Paris', 'fr-FR', '23:00'),
    ('amara', 'Amara', 'Learning to eat without keeping score.', 'Africa/Lagos', 'en', '20:30'),
    ('julien', 'Julien', 'Menuisier, papa, en reconstruction.', 'America/Montreal', 'fr-CA', '21:15'),
    ('nora', 'Nora K.', 'Counting mornings, not evenings.', 'Europe/Dublin', 'en-GB', '08:00'),
    ('pete', 'Pete', null, 'Australia/Sydney', 'en', null)
) as s (name, display_name, bio, timezone, locale, reminder)
join auth.users u on u.email = s.name || '@community.example'
on conflict do nothing;

insert into public.user_addictions (id, user_id, kind, label, quit_on, goal, created_at)
select md5('journeys-seed-addiction:' || s.name || s.kind)::uuid, u.id, s.kind, s.label, current_date - s.days, s.goal, u.created_at
from (
  values
    ('maya', 'alcohol', 'wine after night shifts', 143, 'A whole year, and a half marathon in it.'),
    ('tom', 'tobacco', null, 92, 'Be able to race my kids up the stairs.'),
    ('ines', 'alcohol', 'le vin du soir', 75, 'Tenir jusqu''à l''été, puis recompter.'),
    ('kofi', 'gambling', 'betting apps', 60, 'Pay back my sister by spring.'),
    ('lea', 'tobacco', 'les roulées', 84, 'Respirer en montant au quatrième.'),
    ('daniel', 'opioids', null, 712, 'Keep the two-year coin warm.'),
    ('daniel', 'tobacco', null, 40, 'One thing after the other.'),
    ('sofia', 'social_media', 'endless scrolling', 66, 'Read twenty books this year.'),
    ('hugo', 'gaming', 'les nuits blanches', 72, 'Valider mon semestre.'),
    ('amara', 'food', 'binge eating', 88, 'Three calm meals a day.'),
    ('julien', 'cannabis', null, 63, 'Des soirées dont je me souviens.'),
    ('nora', 'alcohol', null, 118, 'A sober Christmas.'),
    ('pete', 'gambling', 'pokies', 21, 'Ninety days clean, this time.')
) as s (name, kind, label, days, goal)
join auth.users u on u.email = s.name || '@community.example'
on conflict do nothing;

-- The journals. A pseudo-random but fixed number per person and day decides who writes, how the day was and which
-- sentences say so. Craving fades with the days since quitting; a few days in a row go badly now and then.
with person as (
  select
    p.user_id,
    left(p.locale, 2) as language,
    a.kind,
    a.quit_on,
    hashtext(p.display_name) & 1023 as seed,
    -- How often this person writes, in percent.
    62 + (hashtext(p.display_name || 'diligence') & 31) as diligence
  from public.profiles p
  join auth.users u on u.id = p.user_id and u.email like '%@community.example'
  join lateral (
    select ua.kind, ua.quit_on from public.user_addictions ua where ua.user_id = p.user_id order by ua.quit_on limit 1
  ) a on true
),
day as (
  select
    person.*,
    d.date::date as date,
    d.date::date - person.quit_on as clean_days,
    (extract(epoch from d.date) / 86400)::integer as number,
    hashtextextended(person.user_id::text || d.date::date, 7) & 1023 as chance,
    hashtextextended(person.user_id::text || d.date::date, 11) & 7 as wobble,
    -- A bad patch: the same three days in every five weeks of a person.
    ((extract(epoch from d.date) / 86400)::integer + person.seed) % 35 < 3 as hard
  from person
  cross join generate_series(
    greatest(person.quit_on, current_date - 89)::timestamp, current_date::timestamp, interval '1 day'
  ) as d (date)
),
felt as (
  select
    day.*,
    least(10, greatest(0, round(7.5 * exp(-clean_days / 45.0) + case when hard then 4 else 0 end + wobble % 4 - 0.5)))::integer
      as craving,
    least(10, greatest(1, 5 + least(3, clean_days / 25) - case when hard then 4 else 0 end + wobble % 4 - 1)) as mood,
    least(10, greatest(1, 6 + (wobble / 2) - case when hard then 3 else 0 end)) as sleep
  from day
  where day.chance % 100 < day.diligence
),
phrase (language, part, texts) as (
  values
    ('en', 'low', array[
      'Rough one.', 'I nearly gave in tonight.', 'Slept badly and it showed all day.', 'Today was heavy from the first minute.',
      'I was short with everyone.', 'Not proud of today, but I am still here.', 'The old voice was loud.', 'Cried in the car, then drove home.'
    ]),
    ('en', 'mid', array[
      'An ordinary day, and I am glad of it.', 'Up and down.', 'Quiet day.', 'Better than yesterday.', 'Tired, but steady.',
      'Nothing dramatic.', 'Busy from morning to evening.', 'I kept my head down and it passed.', 'Some hours were fine, some were not.'
    ]),
    ('en', 'high', array[
      'A really good day.', 'I felt like myself.', 'Woke up before the alarm and clear-headed.', 'Laughed more than I have in weeks.',
      'Light.', 'Today I noticed how far this already is.', 'Proud, and I am allowed to say it.', 'Everything was a bit easier.'
    ]),
    ('en', 'event', array[
      'Walked home the long way to avoid the corner.', 'Called my sister instead, we talked for an hour.',
      'Work was a lot, and I took my break outside.', 'Went to the group; a new person reminded me of my first week.',
      'Cooked something proper for once.', 'It rained all day and I stayed in with a book.', 'Ran four kilometres, slowly.',
      'Wrote a list of what I do with the money I keep.', 'An old friend asked me out and I said which kind of evening I need.',
      'Told someone at work, and nothing terrible happened.', 'Cleaned the kitchen at midnight to keep my hands busy.',
      'The craving came at six, as always, and was gone by twenty past.', 'Breathed, counted, drank water. It works more often than not.'
    ]),
    ('en', 'close', array[
      'One more day.', 'Tomorrow again.', 'Bed early.', 'Grateful for the quiet.', 'I want to remember this one.', 'Small steps.',
      'Noted, so that I believe it later.'
    ]),
    ('en', 'alcohol', array[
      'Everyone had wine, I had ginger beer, nobody cared.', 'Poured the last bottle down the sink.', 'Said no at the birthday, twice.',
      'No headache this morning, still a small miracle.'
    ]),
    ('en', 'tobacco', array[
      'Stairs without stopping.', 'Coffee without one is still strange.', 'Someone lit up next to me and I walked on.',
      'My jacket does not smell any more.'
    ]),
    ('en', 'gambling', array[
      'Payday, and it is all still there.', 'Deleted another newsletter with free bets.', 'There was a match on and I watched it just to watch it.',
      'Gave my card to my brother for the weekend.'
    ]),
    ('en', 'opioids', array[
      'Told my story at the meeting.', 'The doctor asked about my back and we found another way.', 'A number I had not deleted called; now it is deleted.'
    ]),
    ('en', 'social_media', array[
      'Phone in the drawer until noon.', 'Caught my thumb looking for the app that is not there.', 'Forty pages instead of the feed.',
      'Did not know what everyone was angry about today, and it was lovely.'
    ]),
    ('en', 'food', array[
      'Three meals, sitting down.', 'Ate a piece of cake with friends and it was only cake.', 'Stood in front of the fridge, closed it, called Ada.',
      'No scale this week.'
    ]),
    ('fr', 'low', array[
      'Journée difficile.', 'J''ai failli craquer ce soir.', 'Très mal dormi.', 'Tout m''a pesé aujourd''hui.', 'Je me suis senti à vif.',
      'Pas fier de ma journée, mais je suis là.', 'L''envie ne m''a pas lâché.', 'Du mal à me lever.'
    ]),
    ('fr', 'mid', array[
      'Une journée ordinaire, et c''est très bien.', 'Des hauts et des bas.', 'Calme.', 'Mieux qu''hier.', 'Fatigue, mais ça tient.',
      'Rien de spécial.', 'Beaucoup de travail, peu de temps pour y penser.', 'Ça passe.'
    ]),
    ('fr', 'high', array[
      'Une vraie bonne journée.', 'Réveil avant le réveil, la tête claire.', 'J''ai ri comme avant.', 'Léger.',
      'Je mesure le chemin parcouru.', 'Un peu de fierté, je l''écris noir sur blanc.', 'Tout était plus simple aujourd''hui.'
    ]),
    ('fr', 'event', array[
      'J''ai fait le grand tour pour éviter le bar-tabac.', 'Appelé ma mère, on a parlé du jardin.', 'Marché une heure sous la pluie.',
      'Au groupe, quelqu''un a dit exactement ce que je n''arrivais pas à dire.', 'Cuisiné pour quatre, mangé à deux.',
      'J''ai rangé l''atelier pour occuper mes mains.', 'L''envie est venue à dix-huit heures et repartie à la demie.',
      'Dit non sans me justifier.', 'Compté l''argent économisé : de quoi partir un week-end.', 'Lu trente pages avant de dormir.',
      'Respirer, boire un verre d''eau, attendre. Ça marche presque toujours.', 'Un collègue sait, et il a été bien.'
    ]),
    ('fr', 'close', array[
      'Un jour de plus.', 'On recommence demain.', 'Au lit tôt.', 'Merci pour le calme.', 'À relire les mauvais jours.', 'Petit pas.'
    ]),
    ('fr', 'alcohol', array[
      'Apéro chez les voisins, sirop de menthe, aucune question.', 'Les copies corrigées sans un verre à côté.', 'Le rayon vin, je ne le vois presque plus.'
    ]),
    ('fr', 'tobacco', array[
      'Monté au quatrième sans m''arrêter.', 'La pause de dix heures est devenue une pause thé.', 'Le café sans cigarette, toujours bizarre.'
    ]),
    ('fr', 'gaming', array[
      'Les copains étaient en ligne, moi à la bibliothèque.', 'Couché avant minuit, deux jours de suite.', 'Le carton est toujours fermé.'
    ]),
    ('fr', 'cannabis', array[
      'Je me souviens de mes rêves, c''est nouveau.', 'Soirée entière avec les enfants, présent.', 'On m''en a proposé, j''ai passé.'
    ])
),
told as (
  select
    f.*,
    opening.texts[1 + (f.number + f.seed) % cardinality(opening.texts)] as opening,
    middle.texts[1 + (f.number * 5 + f.seed) % cardinality(middle.texts)] as middle,
    closing.texts[1 + (f.number * 3 + f.seed) % cardinality(closing.texts)] as closing
  from felt f
  join phrase opening on opening.language = f.language
    and opening.part = case when f.mood <= 3 then 'low' when f.mood <= 6 then 'mid' else 'high' end
  join phrase middle on middle.language = f.language and middle.part = case when f.chance % 3 = 0 then f.kind else 'event' end
  join phrase closing on closing.language = f.language and closing.part = 'close'
)
insert into public.journal_entries (id, user_id, date, reflection, scores, created_at, updated_at)
select
  md5('journeys-seed-entry:' || t.user_id || t.date)::uuid,
  t.user_id,
  t.date,
  concat_ws(' ', t.opening, t.middle, case when t.chance % 5 < 3 then t.closing end),
  -- Not everybody scores everything every day.
  jsonb_strip_nulls(jsonb_build_object(
    'mood', t.mood, 'craving', t.craving, 'sleep', case when t.chance % 4 > 0 then t.sleep end,
    'confidence', case when t.chance % 2 = 0 then least(10, (t.mood + 12 - t.craving) / 2) end
  )),
  w.written_at,
  w.written_at
from told t
cross join lateral (
  select least(now(), t.date::timestamp at time zone 'UTC' + make_interval(hours => 17, mins => (t.chance % 300)::integer)) as written_at
) w
on conflict do nothing;

-- Three pay every month, one for the year, one for life.
insert into public.purchases (
  id, user_id, plan, amount_cents, currency, idempotency_key, status, period_start, period_end, created_at
)
select
  md5('journeys-seed-purchase:' || s.name || s.days)::uuid, u.id, s.plan, plans.amount_cents, plans.currency,
  md5('journeys-seed-key:' || s.name || s.days), s.status, bought.at, bought.at + plans.period, bought.at
from (
  values
    ('maya', 'yearly', 140, 'paid'), ('daniel', 'lifetime', 380, 'paid'), ('tom', 'monthly', 45, 'paid'),
    ('tom', 'monthly', 14, 'paid'), ('sofia', 'monthly', 20, 'paid'), ('ines', 'monthly', 70, 'refunded'), ('ines', 'monthly', 9, 'paid')
) as s (name, plan, days, status)
join auth.users u on u.email = s.name || '@community.example'
join private.plans on plans.plan = s.plan
cross join lateral (select date_trunc('hour', now()) - make_interval(days => s.days) as at) as bought
on conflict do nothing;

update public.profiles p
set premium_until = paid.until
from (
  select b.user_id, max(coalesce(b.period_end, 'infinity')) as until
  from public.purchases b
  where b.status = 'paid' and b.idempotency_key = any (
    select md5('journeys-seed-key:' || left(u.email, strpos(u.email, '@') - 1) || d)
    from auth.users u cross join generate_series(1, 400) d where u.id = b.user_id
  )
  group by b.user_id
) as paid
where p.user_id = paid.user_id and p.premium_until is distinct from paid.until;

-- What the app measured on their devices in the last two weeks.
insert into public.performance_metrics (user_id, name, value, unit, tags, recorded_at)
select
  u.id, m.name, round((m.base * (0.6 + (n.noise & 127) / 100.0))::numeric, 3), m.unit,
  jsonb_build_object('page', m.page, 'device', case when n.noise & 1 = 1 then 'phone' else 'laptop' end),
  least(now(), d.date + make_interval(hours => 18, mins => (n.noise & 127)::integer))
from auth.users u
cross join generate_series(current_date - 13, current_date, interval '1 day') as d (date)
cross join (
  values ('page.load', 420, 'ms', 'journal'), ('api.journal.list', 38, 'ms', 'journal'), ('cache.hit_ratio', 0.7, 'ratio', 'progress')
) as m (name, base, unit, page)
cross join lateral (select hashtextextended(u.id::text || d.date || m.name, 3) & 1023 as noise) as n
where u.email like '%@community.example'
  and n.noise % 3 > 0
  and not exists (select from public.performance_metrics x where x.user_id = u.id);
