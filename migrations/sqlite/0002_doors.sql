alter table users add column one_time_password integer not null default 0
    check (one_time_password in (0, 1));
-- Sealed; in use once totp_since is set. totp_step: the last time step whose code was taken.
alter table users add column totp_secret text;
alter table users add column totp_since text;
alter table users add column totp_step integer not null default 0;

create table recovery_codes (
    user_id text not null references users (id) on delete cascade,
    code_hash text not null,
    primary key (user_id, code_hash)
) strict, without rowid;

create table second_factor_roles (
    role text primary key not null check (role in ('admin', 'maintainer', 'viewer'))
) strict;

-- Where each account signed in from.
create table user_addresses (
    user_id text not null references users (id) on delete cascade,
    address text not null,
    last_at text not null,
    primary key (user_id, address)
) strict, without rowid;

-- A session has an id that may be shown; who is signed in signs in again.
drop table sessions;
create table sessions (
    key_hash text primary key not null,
    id text not null unique,
    user_id text not null references users (id) on delete cascade,
    address text not null default '',
    agent text not null default '',
    remembered integer not null default 0 check (remembered in (0, 1)),
    created_at text not null default (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    last_seen text not null default (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    confirmed_at text not null default (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    expires_at text not null
) strict;
create index idx_sessions_user on sessions (user_id);
create index idx_sessions_expires_at on sessions (expires_at);

-- What was being sent when the password was asked again: sealed with a key that only the browser has.
create table kept_requests (
    session_id text primary key not null references sessions (id) on delete cascade,
    address text not null,
    content_type text not null,
    sealed blob not null,
    created_at text not null
) strict;

-- A login whose password fitted and whose code is still to come.
create table begun_logins (
    ticket_hash text primary key not null,
    user_id text not null references users (id) on delete cascade,
    remembered integer not null check (remembered in (0, 1)),
    tries integer not null default 0,
    expires_at text not null
) strict;
create index idx_begun_logins_expires_at on begun_logins (expires_at);

-- Failed logins by the SHA-256 of the name that was typed, and by address.
create table login_failures (
    kind text not null check (kind in ('account', 'address')),
    subject text not null,
    failures integer not null,
    last_at text not null,
    wait_until text not null,
    primary key (kind, subject)
) strict, without rowid;
create index idx_login_failures_last_at on login_failures (last_at);

-- The chain over events: each digest is over its events and the digest before.
create table event_batches (
    number integer primary key not null,
    first_position integer not null,
    last_position integer not null,
    digest text not null,
    created_at text not null
) strict;
