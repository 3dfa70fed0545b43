-- What the event left behind: a digest of its thing's row, empty where the row is gone, null where
-- the thing has no row.
alter table events add column row_print varchar(64);

-- How far the watch has looked.
create table watch_place (
    name varchar(20) primary key,
    position bigint not null
);
insert into watch_place (name, position) values ('events', 0);

-- What admins should know. `mark` is what it was noticed by: the same is noticed once.
create table watch_notes (
    id varchar(255) primary key,
    kind varchar(40) not null,
    subject varchar(255) not null,
    mark varchar(255) not null,
    details jsonb not null,
    happened_at timestamptz not null,
    created_at timestamptz not null,
    seen_at timestamptz,
    seen_by varchar(255),
    unique (kind, subject, mark)
);
create index idx_watch_notes_unseen on watch_notes (created_at desc, id desc) where seen_at is null;
create index idx_watch_notes_kind on watch_notes (kind, subject, happened_at);

-- Since when somebody changes things, and when they last did so at night.
create table watch_habits (
    user_id varchar(255) primary key,
    first_at timestamptz not null,
    night_at timestamptz
);

-- Rows that do not fit their last event, and what was found instead.
create table watch_misfits (
    domain varchar(20) not null,
    entity_id varchar(255) not null,
    found varchar(64) not null,
    primary key (domain, entity_id)
);
