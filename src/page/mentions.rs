//! `@name` in a text: a link to what that person has to do.

use std::collections::BTreeSet;

use comrak::Arena;
use comrak::nodes::{AstNode, NodeLink, NodeValue};

/// What stands behind an `@`, with and without the marks at its end, which may be those of the sentence.
pub(super) fn candidates<'a>(root: &'a AstNode<'a>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, text) in texts(root) {
        for at in places(&text) {
            found.extend(names(&text[at + 1..]).map(str::to_owned));
        }
    }
    found
}

/// Makes a link of each `@name` that `href` knows a page for.
pub(super) fn link<'a>(
    arena: &'a Arena<'a>,
    root: &'a AstNode<'a>,
    href: impl Fn(&str) -> Option<String>,
) {
    for (node, text) in texts(root) {
        let mut done = 0;
        for at in places(&text) {
            let known = names(&text[at + 1..]).find_map(|name| Some((name, href(name)?)));
            let Some((name, url)) = known else {
                continue;
            };
            let end = at + 1 + name.len();
            let title = String::new();
            let link = NodeValue::Link(Box::new(NodeLink { url, title }));
            let link: &AstNode<'_> = arena.alloc(link.into());
            link.append(arena.alloc(plain(&text[at..end])));
            node.insert_before(arena.alloc(plain(&text[done..at])));
            node.insert_before(link);
            done = end;
        }
        if done > 0 {
            node.data.borrow_mut().value = NodeValue::Text(text[done..].to_owned().into());
        }
    }
}

fn plain<'a>(text: &str) -> AstNode<'a> {
    NodeValue::Text(text.to_owned().into()).into()
}

/// The texts that are neither code nor in a link.
fn texts<'a>(root: &'a AstNode<'a>) -> Vec<(&'a AstNode<'a>, String)> {
    let texts = root.descendants().filter_map(|node| {
        let NodeValue::Text(text) = &node.data.borrow().value else {
            return None;
        };
        let is_linked = node
            .ancestors()
            .any(|around| matches!(around.data.borrow().value, NodeValue::Link(_)));
        (!is_linked && text.contains('@')).then(|| (node, text.to_string()))
    });
    texts.collect()
}

/// Where an `@` begins a word.
fn places(text: &str) -> impl Iterator<Item = usize> {
    text.match_indices('@')
        .map(|(at, _)| at)
        .filter(|at| !text[..*at].ends_with(is_part_of_address))
}

fn is_part_of_address(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '@' | '.' | '_' | '-' | '/' | '+')
}

/// The longest name that a text begins with, and then those without the marks at its end.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')))
        .unwrap_or(text.len());
    let word = &text[..end];
    // So that none is found where the name goes on in letters that no user name has.
    let goes_on = text[end..].starts_with(char::is_alphanumeric);
    let first =
        Some(word).filter(|word| !goes_on && word.starts_with(|c: char| c.is_ascii_alphanumeric()));
    std::iter::successors(first, |name| name.strip_suffix(['.', '_', '-']))
}
