-- What the event left behind: a digest of its thing's row, empty where the row is gone, null where
-- the thing has no row.
alter table events add column row_print text;

-- How far the watch has looked.
create table watch_place (
    name text primary key not null,
    position integer not null
) strict;
insert into watch_place (name, position) values ('events', 0);

-- What admins should know. `mark` is what it was noticed by: the same is noticed once.
create table watch_notes (
    id text primary key not null,
    kind text not null,
    subject text not null,
    mark text not null,
    details text not null check (json_valid(details)),
    happened_at text not null,
    created_at text not null,
    seen_at text,
    seen_by text,
    unique (kind, subject, mark)
) strict;
create index idx_watch_notes_unseen on watch_notes (created_at desc, id desc) where seen_at is null;
create index idx_watch_notes_kind on watch_notes (kind, subject, happened_at);

-- Since when somebody changes things, and when they last did so at night.
create table watch_habits (
    user_id text primary key not null,
    first_at text not null,
    night_at text
) strict;

-- Rows that do not fit their last event, and what was found instead.
create table watch_misfits (
    domain text not null,
    entity_id text not null,
    found text not null,
    primary key (domain, entity_id)
) strict, without rowid;
