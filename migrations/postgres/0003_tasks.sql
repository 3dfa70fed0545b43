-- What a task is due by: a moment, and where a day was chosen, that day; the moment is its end then.
alter table tasks
    add column assignee_id varchar(255) references users (id) on delete set null,
    add column priority integer not null default 1 check (priority between 0 and 3),
    add column due_at timestamptz,
    add column due_day date,
    add column about_id varchar(255) references plugins (id) on delete set null;
create index idx_tasks_assignee on tasks (assignee_id, due_at, id);
create index idx_tasks_due on tasks (due_at, id) where due_at is not null and status <> 'done';
create index idx_tasks_open on tasks (project_id, priority desc, created_at, id) where status <> 'done';
create index idx_tasks_about on tasks (about_id, created_at, id);

-- A task is not done before what it waits for.
create table task_blockers (
    task_id varchar(255) not null references tasks (id) on delete cascade,
    blocker_id varchar(255) not null references tasks (id) on delete cascade,
    created_at timestamptz not null,
    primary key (task_id, blocker_id)
);
create index idx_task_blockers_blocker on task_blockers (blocker_id, task_id);

create index idx_events_entity on events (entity_id, created_at desc, id desc);
