//! The pages that are measured and looked into.

/// A page and its address.
pub struct Page {
    pub name: &'static str,
    pub address: String,
    /// Of the list, on a far page: the order of the keyset.
    pub is_named: bool,
}

fn page(name: &'static str, address: &str) -> Page {
    Page {
        name,
        address: address.to_owned(),
        is_named: true,
    }
}

/// The pages of which each has to cost the same however much there is.
pub fn named() -> Vec<Page> {
    vec![
        page("dashboard", "/"),
        page("projects", "/projects"),
        page("a project", "/projects/p0"),
        page("a project's list", "/projects/p0/tasks"),
        page("a project's board", "/projects/p0/board"),
        page("a project's map", "/projects/p0/map"),
        page("list of all", "/tasks"),
        page("board of all", "/board"),
        page("mine", "/tasks?assignee=me"),
        page("overdue", "/tasks?due=overdue"),
        page("by label", "/tasks?label=l0"),
        page("by status", "/tasks?status=pending"),
        page("a task", "/tasks/t3"),
        page("trash", "/trash"),
        page("labels", "/labels"),
        page("refused events", "/events/refused"),
        page("events", "/events"),
        page("events behind a position", "/events?after=999999999"),
        page("events sent again", "/events/replays"),
        page("MQTT accounts", "/system/mqtt"),
    ]
}

/// Combinations of filters and orders that nobody named.
pub fn others() -> Vec<Page> {
    [
        "/tasks?assignee=me&due=overdue&sort=due",
        "/tasks?assignee=me&label=l5&priority=urgent",
        "/tasks?status=pending&status=blocked&sort=priority",
        "/tasks?blocked=yes&sort=changed",
        "/tasks?q=part+17&sort=name",
        "/tasks?q=number+123456",
        "/tasks?due=none&priority=high&label=l7&assignee=nobody&sort=due",
        "/tasks?due=today&status=done&sort=status",
        "/projects/p0/tasks?q=part+999&status=pending&sort=due",
        "/projects/p0/tasks?label=l3&assignee=me&blocked=no&sort=name",
        "/projects/p500/tasks?due=week&priority=low",
        "/projects?status=active&q=project+99",
    ]
    .into_iter()
    .map(|address| Page {
        name: "other",
        address: address.to_owned(),
        is_named: false,
    })
    .collect()
}
