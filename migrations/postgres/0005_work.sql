-- What somebody deleted together: a task, or a project with the tasks that it had then.
create table trash (
    id varchar(255) primary key,
    kind varchar(20) not null check (kind in ('project', 'task')),
    entity_id varchar(255) not null,
    -- The project of a task; of a project its own id.
    project_id varchar(255) not null,
    name text not null,
    task_count bigint not null,
    actor_id varchar(255),
    actor text not null,
    created_at timestamptz not null
);
create index idx_trash_created_at on trash (created_at desc, id desc);

alter table projects add column trash_id varchar(255) references trash (id);
alter table tasks add column trash_id varchar(255) references trash (id);
create index idx_projects_trash on projects (trash_id) where trash_id is not null;
create index idx_tasks_trash on tasks (trash_id) where trash_id is not null;

-- With task_count and done_count they say how long each column of a project's board is.
alter table projects add column in_progress_count bigint not null default 0;
alter table projects add column blocked_count bigint not null default 0;
update projects set
    in_progress_count = (select count(*) from tasks where project_id = projects.id and status = 'in_progress'),
    blocked_count = (select count(*) from tasks where project_id = projects.id and status = 'blocked');

-- A number among all tasks of one status: of two, the smaller stands higher.
alter table tasks add column place bigint not null default 0;
update tasks set place = ordered.number * 4294967296 from
    (select id, row_number() over (partition by status order by created_at, id) as number from tasks)
    as ordered where tasks.id = ordered.id;
create index idx_tasks_column on tasks (status, place, id) where trash_id is null;
create index idx_tasks_project_column on tasks (project_id, status, place, id) where trash_id is null;

-- What a list sorts by. name_key: the name without case; words: those of the name and the description
-- without case, each once, with one blank around each. A task without a day is due behind all others.
alter table tasks
    add column name_key text collate "C" not null default '',
    add column words text not null default '',
    add column status_rank integer not null generated always as
        (case status when 'pending' then 0 when 'in_progress' then 1 when 'blocked' then 2 else 3 end)
        stored,
    add column due_key timestamptz not null generated always as
        (coalesce(due_at, '9999-12-31T00:00:00.000000Z'::timestamptz)) stored;
update tasks set name_key = lower(name),
    words = ' ' || regexp_replace(lower(name || ' ' || description), '[^[:alnum:]]+', ' ', 'g') || ' ';
create index idx_tasks_words on tasks using gin
    (array_to_tsvector(array_remove(string_to_array(words, ' '), ''))) where trash_id is null;
-- The orders of a list, of all tasks and of a project's; each can be read from both ends.
create index idx_tasks_made on tasks (created_at, id) where trash_id is null;
create index idx_tasks_changed on tasks (updated_at, id) where trash_id is null;
create index idx_tasks_due_key on tasks (due_key, id) where trash_id is null;
create index idx_tasks_priority on tasks (priority, created_at, id) where trash_id is null;
create index idx_tasks_status on tasks (status_rank, created_at, id) where trash_id is null;
create index idx_tasks_name on tasks (name_key, id) where trash_id is null;
create index idx_tasks_assigned on tasks (assignee_id, created_at, id) where trash_id is null;
create index idx_tasks_project_changed on tasks (project_id, updated_at, id) where trash_id is null;
create index idx_tasks_project_due on tasks (project_id, due_key, id) where trash_id is null;
create index idx_tasks_project_priority on tasks (project_id, priority, created_at, id)
    where trash_id is null;
create index idx_tasks_project_status on tasks (project_id, status_rank, created_at, id)
    where trash_id is null;
create index idx_tasks_project_name on tasks (project_id, name_key, id) where trash_id is null;
-- All that a page of a project's tasks is found by, so that the index of all tasks in this order is no
-- cheaper; and what is asked when a project goes for good.
drop index idx_tasks_project;
create index idx_tasks_project on tasks (project_id, created_at, id) where trash_id is null;
create index idx_tasks_project_id on tasks (project_id);
drop index idx_tasks_blocked;
create index idx_tasks_blocked on tasks (status, updated_at desc, id desc)
    where status = 'blocked' and trash_id is null;
drop index idx_tasks_due;
create index idx_tasks_due on tasks (due_at, id)
    where due_at is not null and status <> 'done' and trash_id is null;
create index idx_tasks_project_late on tasks (project_id, due_at, id)
    where due_at is not null and status <> 'done' and trash_id is null;
-- What somebody has to do by when.
create index idx_tasks_to_do on tasks (assignee_id, due_at, id)
    where trash_id is null and status <> 'done' and due_at is not null;

-- What is not in the trash: pages read these.
create view live_projects as select * from projects where trash_id is null;
create view live_tasks as select * from tasks where trash_id is null;

create table labels (
    id varchar(255) primary key,
    name text not null,
    folded_name text not null unique,
    color varchar(20) not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

-- task_created_at never changes: it stands here so that a label's tasks can be read in order.
create table task_labels (
    task_id varchar(255) not null references tasks (id) on delete cascade,
    label_id varchar(255) not null references labels (id) on delete cascade,
    task_created_at timestamptz not null,
    primary key (task_id, label_id)
);
create index idx_task_labels_label on task_labels (label_id, task_created_at desc, task_id desc);

create table task_comments (
    id varchar(255) primary key,
    task_id varchar(255) not null references tasks (id) on delete cascade,
    author_id varchar(255) references users (id) on delete set null,
    author text not null,
    text text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index idx_task_comments_task on task_comments (task_id, created_at, id);
-- An account that goes looks for what it wrote.
create index idx_task_comments_author on task_comments (author_id) where author_id is not null;

-- `address` is a local path with its query. Of a shared one everybody sees the name.
create table saved_views (
    id varchar(255) primary key,
    user_id varchar(255) not null references users (id) on delete cascade,
    name text not null,
    address text not null,
    shared boolean not null default false,
    created_at timestamptz not null
);
create index idx_saved_views_user on saved_views (user_id, created_at, id);
create index idx_saved_views_shared on saved_views (created_at, id) where shared;

-- How many tasks a project had at the end of each day (UTC) on which that changed: written with the
-- events that changed it.
create table project_days (
    project_id varchar(255) not null references projects (id) on delete cascade,
    day date not null,
    task_count bigint not null,
    done_count bigint not null,
    primary key (project_id, day)
);
insert into project_days (project_id, day, task_count, done_count)
    select id, (now() at time zone 'utc')::date, task_count, done_count from projects;

create index idx_task_blockers_created_at on task_blockers (created_at desc, task_id, blocker_id);
