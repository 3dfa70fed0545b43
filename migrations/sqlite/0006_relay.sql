-- Events that the broker does not take, each the first of its thing that waits. One that was given up
-- is never sent, and the later ones of its thing go.
create table dead_letters (
    event_id text primary key not null,
    position integer not null unique,
    domain text not null,
    entity_id text not null,
    reason text not null,
    tries integer not null,
    refused_at text not null,
    given_up_at text,
    given_up_by text
) strict;
create unique index idx_dead_letters_held on dead_letters (domain, entity_id) where given_up_at is null;

-- Topics on which the broker may hold a state of ours, so that it can be cleared when its thing is gone.
create table retained_topics (
    topic text primary key not null
) strict, without rowid;

-- What is left of an event that was removed for its age: as much as the digest of its batch is over.
create table cut_events (
    position integer primary key not null,
    id text not null,
    payload_digest text not null,
    row_print text,
    actor_id text,
    subject text not null,
    -- What the event that tells of its removal calls it by.
    cut_id text not null
) strict;
create index idx_cut_events_cut on cut_events (cut_id, position);
