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

-- With task_count and done_count they say how long each column of a project's board is.
alter table projects add column in_progress_count integer not null default 0;
alter table projects add column blocked_count integer not null default 0;
update projects set
    in_progress_count = (select count(*) from tasks where project_id = projects.id and status = 'in_progress'),
    blocked_count = (select count(*) from tasks where project_id = projects.id and status = 'blocked');

-- A number among all tasks of one status: of two, the smaller stands higher.
alter table tasks add column place integer not null default 0;
update tasks set place = ordered.number * 4294967296 from
    (select id, row_number() over (partition by status order by created_at, id) as number from tasks)
    as ordered where tasks.id = ordered.id;
create index idx_tasks_column on tasks (status, place, id) where trash_id is null;
create index idx_tasks_project_column on tasks (project_id, status, place, id) where trash_id is null;

-- What a list sorts by. name_key: the name without case; words: those of the name and the description
-- without case, each once, with one blank around each. A task without a day is due behind all others.
alter table tasks add column name_key text not null default '';
alter table tasks add column words text not null default '';
alter table tasks add column status_rank integer not null generated always as
    (case status when 'pending' then 0 when 'in_progress' then 1 when 'blocked' then 2 else 3 end)
    virtual;
alter table tasks add column due_key text not null generated always as
    (coalesce(due_at, '9999-12-31T00:00:00.000000Z')) virtual;
update tasks set name_key = lower(name), words = ' ' ||
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
    lower(name || ' ' || description), '-', ' '), '.', ' '), ',', ' '), ':', ' '), '/', ' '),
    '(', ' '), ')', ' '), '[', ' '), ']', ' '), char(10), ' ') || ' ';

-- A task's number is that of its words in task_words: it stays when the file is put in order.
create table task_numbers (
    number integer primary key,
    task_id text not null unique references tasks (id) on delete cascade
) strict;
insert into task_numbers (task_id) select id from tasks;
-- Its words are told apart by blanks alone: they were taken apart before.
create virtual table task_words using fts5 (words, content = '', detail = none,
    tokenize = "unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'");
insert into task_words (rowid, words)
    select n.number, t.words from tasks t join task_numbers n on n.task_id = t.id;
create trigger task_words_of_new after insert on tasks begin
    insert into task_numbers (task_id) values (new.id);
    insert into task_words (rowid, words) select number, new.words from task_numbers
        where task_id = new.id;
end;
create trigger task_words_of_changed after update of words on tasks when old.words <> new.words begin
    insert into task_words (task_words, rowid, words) select 'delete', number, old.words
        from task_numbers where task_id = old.id;
    insert into task_words (rowid, words) select number, new.words from task_numbers
        where task_id = new.id;
end;
create trigger task_words_of_gone before delete on tasks begin
    insert into task_words (task_words, rowid, words) select 'delete', number, old.words
        from task_numbers where task_id = old.id;
end;
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

-- `address` is a local path with its query. Of a shared one everybody sees the name.
create table saved_views (
    id text primary key not null,
    user_id text not null references users (id) on delete cascade,
    name text not null,
    address text not null,
    shared integer not null default 0 check (shared in (0, 1)),
    created_at text not null
) strict;
create index idx_saved_views_user on saved_views (user_id, created_at, id);
create index idx_saved_views_shared on saved_views (created_at, id) where shared;

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
