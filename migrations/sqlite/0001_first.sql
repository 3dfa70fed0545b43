create table deployment (
    id text primary key not null,
    -- There is one row: of two nodes that start at once, the second finds the first one's.
    single integer not null default 1 unique check (single = 1),
    created_at text not null default (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
) strict;

-- Ids of keys that no secret may be sealed under any more: a process that still has one of them was
-- left behind by a rotation.
create table retired_keys (
    key_id text primary key not null,
    retired_at text not null
) strict, without rowid;

create table users (
    id text primary key not null,
    username text not null unique,
    email text unique,
    password_hash text not null,
    role text not null default 'viewer'
        constraint check_role check (role in ('admin', 'maintainer', 'viewer')),
    preferences text not null default '{}' check (json_valid(preferences)),
    disabled_at text,
    created_at text not null default (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    updated_at text not null default (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    last_login text
) strict;
create index idx_users_username on users (username);
create unique index idx_users_username_folded on users (lower(username));
create index idx_users_email on users (email);
create index idx_users_role on users (role);
create index idx_users_created_at on users (created_at desc, id desc);

create table sessions (
    key_hash text primary key not null,
    user_id text not null references users (id) on delete cascade,
    address text not null default '',
    agent text not null default '',
    created_at text not null default (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    last_seen text not null default (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    expires_at text not null
) strict;
create index idx_sessions_user on sessions (user_id);
create index idx_sessions_expires_at on sessions (expires_at);

create table projects (
    id text primary key not null,
    name text not null,
    description text not null default '',
    status text not null default 'active'
        check (status in ('planning', 'active', 'on_hold', 'completed', 'archived')),
    task_count integer not null default 0,
    done_count integer not null default 0,
    search_text text not null default '',
    created_at text not null default (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    updated_at text not null default (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
) strict;
create index idx_projects_created_at on projects (created_at desc, id desc);
create index idx_projects_status on projects (status, created_at desc, id desc);

create table tasks (
    id text primary key not null,
    project_id text not null references projects (id) on delete cascade,
    name text not null,
    description text not null default '',
    status text not null default 'pending'
        check (status in ('pending', 'in_progress', 'blocked', 'done')),
    created_at text not null default (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    updated_at text not null default (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
) strict;
create index idx_tasks_project on tasks (project_id, created_at, id);
create index idx_tasks_blocked on tasks (updated_at desc, id desc) where status = 'blocked';

create table plugins (
    id text primary key not null,
    name text not null,
    version text not null,
    description text not null default '',
    author text not null default '',
    type text not null check (type in ('ui', 'data', 'integration', 'system')),
    kind text not null default '',
    repository_url text,
    install_path text not null default '',
    manifest text not null default '{}' check (json_valid(manifest)),
    manifest_text text not null default '{}',
    permissions text not null default '[]' check (json_valid(permissions)),
    config text not null default '{}' check (json_valid(config)),
    config_version integer not null default 0,
    status text not null default 'pending'
        check (status in ('pending', 'installing', 'active', 'disabled', 'failed', 'updating',
                          'uninstalling', 'quarantined')),
    installed_at text not null default (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    last_updated text not null default (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    installation_id text not null default '',
    security_violations integer not null default 0,
    last_violation text,
    security_score integer not null default 100 check (security_score between 0 and 100),
    search_text text not null default '',
    created_at text not null default (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    updated_at text not null default (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
) strict;
create index idx_plugins_created_at on plugins (created_at desc, id desc);
create index idx_plugins_status on plugins (status, created_at desc, id desc);

-- Every configuration a plugin ever had. `changes` are the pointers that differ from the version
-- before, without values; secrets stand in `config` as sealed texts.
create table plugin_config_versions (
    plugin_id text not null references plugins (id) on delete cascade,
    number integer not null,
    config text not null check (json_valid(config)),
    changes text not null default '[]' check (json_valid(changes)),
    note text not null default '',
    actor_id text,
    actor text not null,
    created_at text not null default (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    primary key (plugin_id, number)
) strict;

-- One writer at a time: the key is the position, given at insert and taken back by a rollback.
create table events (
    position integer primary key autoincrement,
    id text not null unique,
    domain text not null,
    event_type text not null,
    entity_id text not null,
    subject text not null,
    version integer not null,
    actor_id text,
    actor text not null,
    trace_id text not null,
    payload text not null,
    created_at text not null,
    published_at text,
    unique (domain, entity_id, version)
) strict;
create index idx_events_created_at on events (created_at desc, id desc);
create index idx_events_domain on events (domain, created_at desc, id desc);
create index idx_events_subject on events (subject, created_at desc, id desc);
create index idx_events_unpublished on events (position) where published_at is null;

create table entity_versions (
    domain text not null,
    entity_id text not null,
    version integer not null,
    primary key (domain, entity_id)
) strict, without rowid;

-- Which node publishes events. expires_at: seconds since 1970, by the database's clock.
create table relay_lease (
    name text primary key not null,
    holder text not null default '',
    epoch integer not null default 0,
    expires_at real not null default 0,
    broker_away integer not null default 0
) strict;
insert into relay_lease (name) values ('events');
