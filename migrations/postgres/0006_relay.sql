-- Events that the broker does not take, each the first of its thing that waits. One that was given up
-- is never sent, and the later ones of its thing go.
create table dead_letters (
    event_id varchar(255) primary key,
    position bigint not null unique,
    domain varchar(20) not null,
    entity_id varchar(255) not null,
    reason text not null,
    tries bigint not null,
    refused_at timestamptz not null,
    given_up_at timestamptz,
    given_up_by text
);
create unique index idx_dead_letters_held on dead_letters (domain, entity_id) where given_up_at is null;

-- Topics on which the broker may hold a state of ours, so that it can be cleared when its thing is gone.
create table retained_topics (
    topic text primary key
);

-- What is left of an event that was removed for its age: as much as the digest of its batch is over.
create table cut_events (
    position bigint primary key,
    id varchar(255) not null,
    payload_digest varchar(64) not null,
    row_print varchar(64),
    actor_id varchar(255),
    subject varchar(300) not null,
    -- What the event that tells of its removal calls it by.
    cut_id varchar(255) not null
);
create index idx_cut_events_cut on cut_events (cut_id, position);
