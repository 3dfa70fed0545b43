-- Accounts of plugins and devices on the embedded broker. secret_hash: SHA-256 of a random password;
-- reads, writes: a topic filter on each line; user_id: whose commands theirs are.
create table mqtt_accounts (
    id text primary key not null,
    name text not null,
    name_key text not null unique,
    purpose text not null,
    reads text not null,
    writes text not null,
    user_id text references users (id) on delete set null,
    secret_hash text not null,
    disabled_at text,
    created_at text not null,
    updated_at text not null,
    renewed_at text not null
) strict;
create index idx_mqtt_accounts_user on mqtt_accounts (user_id) where user_id is not null;

-- When the first account, which only reads, was made; once, even if it was removed since.
alter table deployment add column reader_made_at text;

-- Events that somebody asked to be sent again: those of a domain (or all), of an entity (or all),
-- between two positions. done_position: how far it has come.
create table replays (
    id text primary key not null,
    domain text not null,
    entity_id text not null,
    first_position integer not null,
    last_position integer not null,
    domains text not null,
    done_position integer not null,
    sent integer not null default 0,
    actor text not null,
    created_at text not null,
    ended_at text,
    problem text not null default ''
) strict;
create index idx_replays_open on replays (created_at, id) where ended_at is null;
create index idx_replays_created_at on replays (created_at desc, id desc);
