-- What somebody deleted together: a task, or a project with the tasks that it had then.
create table trash (
    id text primary key not null,
    kind text not null check (kind in ('project', 'task')),
    entity_id text not null,
    -- The project of a task; of a project its own id.
    project_id text not null,
    name text not null,
    task_count integer not null,
    actor_id text,
    actor text not null,
    created_at text not null
) strict;
create index idx_trash_created_at on trash (created_at desc, id desc);

alter table projects add column trash_id text references trash (id);
alter table tasks add column trash_id text references trash (id);
create index idx_projects_trash on projects (trash_id) where trash_id is not null;
create index idx_tasks_trash on tasks (trash_id) where trash_id is not null;

-- A number among all tasks of one status: of two, the smaller stands higher.
alter table tasks add column place integer not null default 0;
update tasks set place = ordered.number * 4294967296 from
    (select id, row_number() over (partition by status order by created_at, id) as number from tasks)
    as ordered where tasks.id = ordered.id;
create index idx_tasks_column on tasks (status, place, id) where trash_id is null;
create index idx_tasks_project_column on tasks (project_id, status, place, id) where trash_id is null;

-- What somebody has to do by when.
create index idx_tasks_to_do on tasks (assignee_id, due_at, id)
    where trash_id is null and status <> 'done' and due_at is not null;

-- What is not in the trash: pages read these.
create view live_projects as select * from projects where trash_id is null;
create view live_tasks as select * from tasks where trash_id is null;

create table labels (
    id text primary key not null,
    name text not null,
    folded_name text not null unique,
    color text not null,
    created_at text not null,
    updated_at text not null
) strict;

-- task_created_at never changes: it stands here so that a label's tasks can be read in order.
create table task_labels (
    task_id text not null references tasks (id) on delete cascade,
    label_id text not null references labels (id) on delete cascade,
    task_created_at text not null,
    primary key (task_id, label_id)
) strict, without rowid;
create index idx_task_labels_label on task_labels (label_id, task_created_at desc, task_id desc);

create table task_comments (
    id text primary key not null,
    task_id text not null references tasks (id) on delete cascade,
    author_id text references users (id) on delete set null,
    author text not null,
    text text not null,
    created_at text not null,
    updated_at text not null
) strict;
create index idx_task_comments_task on task_comments (task_id, created_at, id);
-- An account that goes looks for what it wrote.
create index idx_task_comments_author on task_comments (author_id) where author_id is not null;

-- `address` is what stands behind the question mark. Of a shared one everybody sees the name.
create table saved_views (
    id text primary key not null,
    user_id text not null references users (id) on delete cascade,
    name text not null,
    address text not null,
    shared integer not null default 0 check (shared in (0, 1)),
    created_at text not null
) strict;
create index idx_saved_views_user on saved_views (user_id, created_at, id);
create index idx_saved_views_shared on saved_views (created_at, id) where shared = 1;

-- How many tasks a project had at the end of each day (UTC) on which that changed: written with the
-- events that changed it.
create table project_days (
    project_id text not null references projects (id) on delete cascade,
    day text not null,
    task_count integer not null,
    done_count integer not null,
    primary key (project_id, day)
) strict, without rowid;
insert into project_days (project_id, day, task_count, done_count)
    select id, date('now'), task_count, done_count from projects;

create index idx_task_blockers_created_at on task_blockers (created_at desc, task_id, blocker_id);
