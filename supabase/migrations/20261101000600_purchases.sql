-- What premium costs. A price is changed by a migration, so that it has a date and a reason.
create table private.plans (
  plan text primary key,
  amount_cents integer not null,
  currency text not null,
  period interval,
  constraint plans_plan_known check (plan in ('monthly', 'yearly', 'lifetime')),
  constraint plans_amount_positive check (amount_cents > 0),
  constraint plans_currency_format check (currency ~ '^[A-Z]{3}$'),
  constraint plans_period_unless_lifetime check ((period is null) = (plan = 'lifetime'))
);
alter table private.plans enable row level security;

insert into private.plans (plan, amount_cents, currency, period)
values
  ('monthly', 499, 'EUR', interval '1 month'),
  ('yearly', 3999, 'EUR', interval '1 year'),
  ('lifetime', 9999, 'EUR', null);

-- Kept when its owner goes (bookkeeping), but without them.
create table public.purchases (
  id uuid primary key default gen_random_uuid(),
  user_id uuid references auth.users (id) on delete set null,
  plan text not null,
  amount_cents integer not null,
  currency text not null,
  idempotency_key text not null,
  status text not null default 'paid',
  period_start timestamptz not null,
  period_end timestamptz,
  created_at timestamptz not null default now(),
  constraint purchases_idempotency_key_once unique (user_id, idempotency_key),
  constraint purchases_plan_known check (plan in ('monthly', 'yearly', 'lifetime')),
  constraint purchases_amount_positive check (amount_cents > 0),
  constraint purchases_currency_format check (currency ~ '^[A-Z]{3}$'),
  constraint purchases_idempotency_key_length check (char_length(idempotency_key) between 8 and 255),
  constraint purchases_status_known check (status in ('paid', 'refunded')),
  constraint purchases_period_unless_lifetime check (
    case when plan = 'lifetime' then period_end is null else period_end is not null and period_end > period_start end
  )
);
create index purchases_user_id_created_at_idx on public.purchases (user_id, created_at desc);

alter table public.purchases enable row level security;

create policy "people read their own purchases" on public.purchases
  for select to authenticated using ((select auth.uid()) = user_id);

revoke all on table public.purchases from public, anon, authenticated;
grant select on table public.purchases to authenticated;

-- Buys a plan for the signed-in person, once per idempotency key: a retry returns the first purchase with
-- "replayed": true. Time that is already paid is not lost, the new period starts where it ends.
-- Errors: 401 not_signed_in · 400 invalid_plan, invalid_idempotency_key · 409 profile_missing,
-- idempotency_key_reused, already_lifetime.
create function public.purchase_premium(plan text, idempotency_key text) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  buyer uuid := auth.uid();
  chosen private.plans;
  paid_until timestamptz;
  bought public.purchases;
  replayed boolean := false;
begin
  if buyer is null or private.calling_role() <> 'authenticated' then
    perform private.raise_http(401, 'not_signed_in', 'only a signed-in person can buy premium', 'Sign in first.');
  end if;
  if coalesce(char_length(purchase_premium.idempotency_key), 0) not between 8 and 255 then
    perform private.raise_http(400, 'invalid_idempotency_key', 'the idempotency key must have 8 to 255 characters',
      'Make one key (a random UUID) per purchase and send the same key when you retry.');
  end if;
  select p.* into chosen from private.plans p where p.plan = purchase_premium.plan;
  if not found then
    perform private.raise_http(400, 'invalid_plan', 'there is no such plan', 'Choose monthly, yearly or lifetime.');
  end if;

  -- The profile row is the lock: the purchases of one person happen one after the other, so that a retry sees
  -- what the first call wrote, and two different purchases add up.
  select p.premium_until into paid_until from public.profiles p where p.user_id = buyer for update;
  if not found then
    perform private.raise_http(409, 'profile_missing', 'this person has no profile yet',
      'Create the profile before buying premium; nothing was charged.');
  end if;

  select p.* into bought
  from public.purchases p
  where p.user_id = buyer and p.idempotency_key = purchase_premium.idempotency_key;

  if found then
    if bought.plan <> chosen.plan then
      perform private.raise_http(409, 'idempotency_key_reused', 'this idempotency key already bought another plan',
        'Send a new key for a new purchase; nothing was charged.');
    end if;
    replayed := true;
  else
    if paid_until = 'infinity' then
      perform private.raise_http(409, 'already_lifetime', 'this person already has premium for life',
        'Nothing was charged.');
    end if;
    insert into public.purchases
      (user_id, plan, amount_cents, currency, idempotency_key, period_start, period_end)
    values (
      buyer, chosen.plan, chosen.amount_cents, chosen.currency, purchase_premium.idempotency_key,
      greatest(paid_until, now()), greatest(paid_until, now()) + chosen.period
    )
    returning * into bought;

    update public.profiles p
    set premium_until = coalesce(bought.period_end, 'infinity')
    where p.user_id = buyer;
  end if;

  return jsonb_build_object(
    'id', bought.id,
    'plan', bought.plan,
    'amount_cents', bought.amount_cents,
    'currency', bought.currency,
    'status', bought.status,
    'period_start', bought.period_start,
    'period_end', bought.period_end,
    'replayed', replayed
  );
end
$$;
revoke all on function public.purchase_premium(text, text) from public, anon, authenticated, service_role;
grant execute on function public.purchase_premium(text, text) to authenticated;
