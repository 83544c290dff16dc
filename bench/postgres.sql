-- What a company would build instead: accounts that can't go below zero, and a
-- ledger of transfers in which a request counts once.
create table account (
  id      bigint primary key,
  balance bigint not null check (balance >= 0)
);

create table ledger (
  request bigint primary key,
  payer   bigint not null,
  payee   bigint not null,
  amount  bigint not null check (amount > 0),
  at      timestamptz not null default now()
);

create function transfer(request bigint, payer bigint, payee bigint, amount bigint) returns void
language plpgsql as $$
declare
  low bigint := least(payer, payee);
  high bigint := greatest(payer, payee);
begin
  insert into ledger values (request, payer, payee, amount);
  -- Always the lower id first, or two transfers could wait for each other.
  update account set balance = balance + case id when payer then -amount else amount end where id = low;
  if not found then
    raise exception 'there is no account %', low;
  end if;
  update account set balance = balance + case id when payer then -amount else amount end where id = high;
  if not found then
    raise exception 'there is no account %', high;
  end if;
end
$$;
