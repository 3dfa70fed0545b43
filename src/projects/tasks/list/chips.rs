use super::store::Offer;
use super::views::at;
use super::wish::{Assignee, DueIn, Wish};

/// A filter that is on, and the address without it.
pub struct Chip {
    /// What it lets through.
    pub text: String,
    /// The same list without it.
    pub href: String,
}

/// Each filter that is on in the list at `home`.
pub fn chips(wish: &Wish, offer: &Offer, home: &str) -> Vec<Chip> {
    let mut chips = Vec::new();
    let mut chip = |text: String, less: &dyn Fn(&mut Wish)| {
        let mut wish = wish.clone();
        less(&mut wish);
        let href = at(home, &wish.query());
        chips.push(Chip { text, href });
    };
    if !wish.text.is_empty() {
        chip(format!("“{}”", wish.text), &|wish| wish.text.clear());
    }
    for one in &wish.statuses {
        chip(one.word().to_owned(), &|wish| {
            wish.statuses.retain(|kept| kept != one)
        });
    }
    if let Some(one) = &wish.assignee {
        chip(format!("for {}", person(one)), &|wish| wish.assignee = None);
    }
    for id in &wish.labels {
        chip(label(offer, id), &|wish| {
            wish.labels.retain(|kept| kept != id)
        });
    }
    for one in &wish.priorities {
        chip(format!("priority {one}"), &|wish| {
            wish.priorities.retain(|kept| kept != one)
        });
    }
    if let Some(one) = wish.due {
        let word = if one == DueIn::Today {
            "due today"
        } else {
            one.word()
        };
        chip(word.to_owned(), &|wish| wish.due = None);
    }
    if let Some(id) = &wish.about {
        chip(format!("about {}", plugin(offer, id)), &|wish| {
            wish.about = None
        });
    }
    if let Some(is_blocked) = wish.blocked {
        let word = if is_blocked { "blocked" } else { "not blocked" };
        chip(word.to_owned(), &|wish| wish.blocked = None);
    }
    chips
}

fn person(one: &Assignee) -> &str {
    match one {
        Assignee::Me => "me",
        Assignee::Nobody => "nobody",
        Assignee::Person(name) => name,
    }
}

fn label(offer: &Offer, id: &str) -> String {
    let found = offer.labels.iter().find(|label| label.id == id);
    found.map_or_else(String::new, |label| label.name.clone())
}

fn plugin<'a>(offer: &'a Offer, id: &str) -> &'a str {
    let found = offer.plugins.iter().find(|(plugin, _)| plugin == id);
    found.map_or("", |(_, name)| name)
}
