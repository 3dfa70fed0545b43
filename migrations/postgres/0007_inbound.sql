-- Accounts of plugins and devices on the embedded broker. secret_hash: SHA-256 of a random password;
-- reads, writes: a topic filter on each line; user_id: whose commands theirs are.
create table mqtt_accounts (
    id varchar(255) primary key,
    name varchar(100) not null,
    name_key varchar(100) not null unique,
    purpose text not null,
    reads text not null,
    writes text not null,
    user_id varchar(255) references users (id) on delete set null,
    secret_hash text not null,
    disabled_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    renewed_at timestamptz not null
);
create index idx_mqtt_accounts_user on mqtt_accounts (user_id) where user_id is not null;

-- When the first account, which only reads, was made; once, even if it was removed since.
alter table deployment add column reader_made_at timestamptz;

-- Events that somebody asked to be sent again: those of a domain (or all), of an entity (or all),
-- between two positions. done_position: how far it has come.
create table replays (
    id varchar(255) primary key,
    domain varchar(20) not null,
    entity_id varchar(255) not null,
    first_position bigint not null,
    last_position bigint not null,
    domains text not null,
    done_position bigint not null,
    sent bigint not null default 0,
    actor text not null,
    created_at timestamptz not null,
    ended_at timestamptz,
    problem text not null default ''
);
create index idx_replays_open on replays (created_at, id) where ended_at is null;
create index idx_replays_created_at on replays (created_at desc, id desc);
