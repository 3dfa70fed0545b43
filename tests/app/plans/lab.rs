//! A lab with as many tasks as somebody wants, written straight into the tables.

use crate::harness::{Engine, TestApp};

/// Projects of the lab.
pub const PROJECTS: usize = 1000;

/// How an engine writes what the other writes otherwise.
struct Dialect {
    /// The numbers from 0 to below so many, as a table `s` with a column `n`.
    numbers: fn(usize) -> String,
    /// The moment so many seconds after 2024-01-01.
    moment: fn(&str) -> String,
    /// The moment so many days from now.
    from_now: fn(&str) -> String,
}

const SQLITE: Dialect = Dialect {
    numbers: |count| {
        format!(
            "(with recursive s(n) as (select 0 union all select n + 1 from s where n + 1 < {count}) \
             select n from s) as s"
        )
    },
    moment: |seconds| {
        format!("strftime('%Y-%m-%dT%H:%M:%S.000000Z', 1704067200 + {seconds}, 'unixepoch')")
    },
    from_now: |days| format!("strftime('%Y-%m-%dT%H:%M:%S.000000Z', 'now', ({days}) || ' days')"),
};

const POSTGRES: Dialect = Dialect {
    numbers: |count| format!("generate_series(0, {count} - 1) as s(n)"),
    moment: |seconds| format!("to_timestamp(1704067200 + {seconds})"),
    from_now: |days| format!("now() + ({days}) * interval '1 day'"),
};

/// Fills a lab whose admin is `sam` with so many tasks in [`PROJECTS`] projects, so many of them in the
/// first, an eighth of them for sam, two thirds done, a third with a label, some that wait for others.
pub async fn fill(app: &TestApp, tasks: usize, large_project: usize) {
    let (dialect, tidy) = match app.engine() {
        Engine::Sqlite => (SQLITE, "analyze"),
        // As PostgreSQL does by itself in the minutes after so many rows.
        Engine::Postgres => (POSTGRES, "vacuum analyze"),
    };
    for statement in statements(&dialect, tasks, large_project) {
        app.database().execute(&statement).await;
    }
    app.database().execute(tidy).await;
}

fn statements(dialect: &Dialect, tasks: usize, large: usize) -> Vec<String> {
    let (numbers, moment) = (dialect.numbers, dialect.moment);
    let projects = numbers(PROJECTS);
    let made = moment("n");
    let due = (dialect.from_now)("n % 401 - 200");
    let status = "case when n % 20 < 4 then 'pending' when n % 20 < 6 then 'in_progress' \
                  when n % 20 = 6 then 'blocked' else 'done' end";
    vec![
        format!(
            "insert into projects (id, name, description, status, created_at, updated_at) \
             select 'p' || n, 'Project ' || n, 'About project ' || n, \
             case when n % 10 = 0 then 'on_hold' else 'active' end, {made}, {made} from {projects}"
        ),
        format!(
            "insert into tasks (id, project_id, name, name_key, description, words, status, priority, \
             due_at, assignee_id, place, created_at, updated_at) \
             select 't' || n, 'p' || case when n < {large} then 0 else n % {PROJECTS} end, \
             'Task number ' || n, 'task number ' || n, 'Part ' || (n % 1000), \
             ' task number ' || n || ' part ' || (n % 1000) || ' ', {status}, n % 4, \
             case when n % 5 = 0 then {due} end, \
             case when n % 8 = 0 then (select id from users where username = 'sam') end, \
             cast(n as bigint) * 4294967296, {made}, {made} from {}",
            numbers(tasks)
        ),
        "update projects set task_count = (select count(*) from tasks t where t.project_id = projects.id), \
         done_count = (select count(*) from tasks t where t.project_id = projects.id and t.status = 'done'), \
         in_progress_count = (select count(*) from tasks t where t.project_id = projects.id \
         and t.status = 'in_progress'), \
         blocked_count = (select count(*) from tasks t where t.project_id = projects.id \
         and t.status = 'blocked')"
            .to_owned(),
        format!(
            "insert into labels (id, name, folded_name, color, created_at, updated_at) \
             select 'l' || n, 'Label ' || n, 'label ' || n, 'blue', {made}, {made} from {}",
            numbers(12)
        ),
        format!(
            "insert into task_labels (task_id, label_id, task_created_at) \
             select 't' || n, 'l' || case when n % 2 = 0 then 0 else n % 12 end, {made} from {} \
             where n % 3 = 0 or n % 2 = 0",
            numbers(tasks)
        ),
        format!(
            "insert into task_comments (id, task_id, author, text, created_at, updated_at) \
             select 'c' || n, 't' || (n % 10), 'sam', 'Ask @sam', {made}, {made} from {}",
            numbers(200)
        ),
        format!(
            "insert into task_blockers (task_id, blocker_id, created_at) \
             select 't' || n, 't' || (n - 1), {made} from {} where n % 50 = 3",
            numbers(tasks)
        ),
    ]
}
