alter table users add column one_time_password boolean not null default false;
-- Sealed; in use once totp_since is set. totp_step: the last time step whose code was taken.
alter table users add column totp_secret text;
alter table users add column totp_since timestamptz;
alter table users add column totp_step bigint not null default 0;

create table recovery_codes (
    user_id varchar(255) not null references users (id) on delete cascade,
    code_hash varchar(64) not null,
    primary key (user_id, code_hash)
);

create table second_factor_roles (
    role varchar(20) primary key check (role in ('admin', 'maintainer', 'viewer'))
);

-- Where each account signed in from.
create table user_addresses (
    user_id varchar(255) not null references users (id) on delete cascade,
    address varchar(255) not null,
    last_at timestamptz not null,
    primary key (user_id, address)
);

-- A session has an id that may be shown; who is signed in signs in again.
drop table sessions;
create table sessions (
    key_hash varchar(64) primary key,
    id varchar(255) not null unique,
    user_id varchar(255) not null references users (id) on delete cascade,
    address varchar(255) not null default '',
    agent varchar(255) not null default '',
    remembered boolean not null default false,
    created_at timestamptz not null default now(),
    last_seen timestamptz not null default now(),
    confirmed_at timestamptz not null default now(),
    expires_at timestamptz not null
);
create index idx_sessions_user on sessions (user_id);
create index idx_sessions_expires_at on sessions (expires_at);

-- What was being sent when the password was asked again: sealed with a key that only the browser has.
create table kept_requests (
    session_id varchar(255) primary key references sessions (id) on delete cascade,
    address text not null,
    content_type varchar(255) not null,
    sealed bytea not null,
    created_at timestamptz not null
);

-- A login whose password fitted and whose code is still to come.
create table begun_logins (
    ticket_hash varchar(64) primary key,
    user_id varchar(255) not null references users (id) on delete cascade,
    remembered boolean not null,
    tries bigint not null default 0,
    expires_at timestamptz not null
);
create index idx_begun_logins_expires_at on begun_logins (expires_at);

-- Failed logins by the SHA-256 of the name that was typed, and by address.
create table login_failures (
    kind varchar(20) not null check (kind in ('account', 'address')),
    subject varchar(255) not null,
    failures bigint not null,
    last_at timestamptz not null,
    wait_until timestamptz not null,
    primary key (kind, subject)
);
create index idx_login_failures_last_at on login_failures (last_at);

-- The chain over events: each digest is over its events and the digest before.
create table event_batches (
    number bigint primary key,
    first_position bigint not null,
    last_position bigint not null,
    digest varchar(64) not null,
    created_at timestamptz not null
);
