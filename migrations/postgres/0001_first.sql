create table deployment (
    id varchar(255) primary key,
    -- There is one row: of two nodes that start at once, the second finds the first one's.
    single integer not null default 1 unique check (single = 1),
    created_at timestamptz not null default now()
);

-- Ids of keys that no secret may be sealed under any more: a process that still has one of them was
-- left behind by a rotation.
create table retired_keys (
    key_id varchar(64) primary key,
    retired_at timestamptz not null
);

create table users (
    id varchar(255) primary key,
    username varchar(100) not null unique,
    email varchar(255) unique,
    password_hash varchar(255) not null,
    role varchar(20) not null default 'viewer'
        constraint check_role check (role in ('admin', 'maintainer', 'viewer')),
    preferences jsonb not null default '{}',
    disabled_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    last_login timestamptz
);
create index idx_users_username on users (username);
create unique index idx_users_username_folded on users (lower(username));
create index idx_users_email on users (email);
create index idx_users_role on users (role);
create index idx_users_created_at on users (created_at desc, id desc);

create table sessions (
    key_hash varchar(64) primary key,
    user_id varchar(255) not null references users (id) on delete cascade,
    address varchar(255) not null default '',
    agent varchar(255) not null default '',
    created_at timestamptz not null default now(),
    last_seen timestamptz not null default now(),
    expires_at timestamptz not null
);
create index idx_sessions_user on sessions (user_id);
create index idx_sessions_expires_at on sessions (expires_at);

create table projects (
    id varchar(255) primary key,
    name varchar(255) not null,
    description text not null default '',
    status varchar(20) not null default 'active'
        check (status in ('planning', 'active', 'on_hold', 'completed', 'archived')),
    task_count bigint not null default 0,
    done_count bigint not null default 0,
    search_text text not null default '',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index idx_projects_created_at on projects (created_at desc, id desc);
create index idx_projects_status on projects (status, created_at desc, id desc);

create table tasks (
    id varchar(255) primary key,
    project_id varchar(255) not null references projects (id) on delete cascade,
    name varchar(255) not null,
    description text not null default '',
    status varchar(20) not null default 'pending'
        check (status in ('pending', 'in_progress', 'blocked', 'done')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index idx_tasks_project on tasks (project_id, created_at, id);
create index idx_tasks_blocked on tasks (updated_at desc, id desc) where status = 'blocked';

create table plugins (
    id varchar(255) primary key,
    name varchar(255) not null,
    version varchar(100) not null,
    description text not null default '',
    author varchar(255) not null default '',
    type varchar(20) not null check (type in ('ui', 'data', 'integration', 'system')),
    kind varchar(20) not null default '',
    repository_url text,
    install_path text not null default '',
    manifest jsonb not null default '{}',
    manifest_text text not null default '{}',
    permissions jsonb not null default '[]',
    config jsonb not null default '{}',
    config_version bigint not null default 0,
    status varchar(20) not null default 'pending'
        check (status in ('pending', 'installing', 'active', 'disabled', 'failed', 'updating',
                          'uninstalling', 'quarantined')),
    installed_at timestamptz not null default now(),
    last_updated timestamptz not null default now(),
    installation_id varchar(255) not null default '',
    security_violations bigint not null default 0,
    last_violation timestamptz,
    security_score bigint not null default 100 check (security_score between 0 and 100),
    search_text text not null default '',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index idx_plugins_created_at on plugins (created_at desc, id desc);
create index idx_plugins_status on plugins (status, created_at desc, id desc);
create index idx_plugins_config on plugins using gin (config);

-- Every configuration a plugin ever had. `changes` are the pointers that differ from the version
-- before, without values; secrets stand in `config` as sealed texts.
create table plugin_config_versions (
    plugin_id varchar(255) not null references plugins (id) on delete cascade,
    number bigint not null,
    config jsonb not null,
    changes jsonb not null default '[]',
    note varchar(1000) not null default '',
    actor_id varchar(255),
    actor varchar(255) not null,
    created_at timestamptz not null default now(),
    primary key (plugin_id, number)
);

-- The outbox, the feed, the audit trail and the replay log at once. `seq` only orders what one
-- entity's commits made one after the other; `position` is given by the relay, because a sequence
-- shows rows that commit late behind rows that were already read.
create table events (
    id varchar(255) primary key,
    seq bigint not null generated always as identity,
    position bigint unique,
    domain varchar(20) not null,
    event_type varchar(50) not null,
    entity_id varchar(255) not null,
    subject varchar(300) not null,
    version bigint not null,
    actor_id varchar(255),
    actor varchar(255) not null,
    trace_id varchar(64) not null,
    payload text not null,
    created_at timestamptz not null,
    published_at timestamptz,
    unique (domain, entity_id, version)
);
create index idx_events_created_at on events (created_at desc, id desc);
create index idx_events_domain on events (domain, created_at desc, id desc);
create index idx_events_subject on events (subject, created_at desc, id desc);
create index idx_events_unplaced on events (seq) where position is null;
create index idx_events_unpublished on events (position) where published_at is null;

create table entity_versions (
    domain varchar(20) not null,
    entity_id varchar(255) not null,
    version bigint not null,
    primary key (domain, entity_id)
);

-- Which node publishes events, and what it knows that the others show or go on from.
create table relay_lease (
    name varchar(50) primary key,
    holder varchar(255) not null default '',
    epoch bigint not null default 0,
    expires_at timestamptz not null default '-infinity',
    broker_away boolean not null default false,
    last_position bigint not null default 0
);
insert into relay_lease (name) values ('events');
