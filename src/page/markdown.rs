use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;

use ammonia::Builder;
use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options};

use super::mentions;

/// HTML that ammonia has cleaned: the only text that a template does not escape.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CleanHtml(String);

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut cleaner = Builder::default();
    // An image from elsewhere tells that host who looks at the page, and when.
    cleaner
        .rm_tags(["img"])
        .link_rel(Some("noopener noreferrer nofollow"));
    cleaner.url_schemes(["http", "https", "mailto"].into());
    // The boxes of task lists, which are drawn anew below.
    cleaner
        .add_tags(["input"])
        .add_tag_attributes("input", ["checked", "disabled"])
        .add_tag_attribute_values("input", "type", ["checkbox"]);
    cleaner
});

/// A box of a task list, as the cleaner leaves it; nothing that somebody writes becomes the same.
const BOX: [&str; 2] = [
    r#"<input type="checkbox" checked="" disabled="">"#,
    r#"<input type="checkbox" disabled="">"#,
];

impl CleanHtml {
    /// From Markdown as people write it (CommonMark with tables, strikethrough, task lists and bare
    /// links). Raw HTML in it is left out.
    pub fn from_markdown(text: &str) -> Self {
        Self::without_buttons(&cleaned(text))
    }

    /// As [`from_markdown`](Self::from_markdown), with a link for each `@name` where `href` knows a
    /// page for that name; not in code, nor in another link.
    pub fn with_mentions(text: &str, href: impl Fn(&str) -> Option<String>) -> Self {
        let arena = Arena::new();
        let root = comrak::parse_document(&arena, text, &options());
        mentions::link(&arena, root, href);
        let mut html = String::new();
        // Writing into a text cannot fail.
        let _ = comrak::format_html(root, &options(), &mut html);
        Self::without_buttons(&CLEANER.clean(&html).to_string())
    }

    fn without_buttons(html: &str) -> Self {
        Self(boxes(html, |_, is_done| {
            let (word, sign) = if is_done {
                ("done", "☑")
            } else {
                ("to do", "☐")
            };
            format!(r#"<span class="tick" role="img" aria-label="{word}">{sign}</span>"#)
        }))
    }

    /// As [`from_markdown`](Self::from_markdown), with a button for each box of a task list, which
    /// sends `item`, the box's number and what it is to be (`2:done`, `2:open`), by the form of this id.
    pub fn with_ticks(text: &str, form: &str) -> Self {
        let ticks = ticks(text);
        Self(boxes(&cleaned(text), |index, is_done| {
            let label = ticks.get(index).map_or("", |tick| tick.label.as_str());
            let (next, sign) = if is_done {
                ("open", "☑")
            } else {
                ("done", "☐")
            };
            format!(
                r#"<button class="tick" type="submit" form="{form}" name="item" value="{index}:{next}" aria-pressed="{is_done}" aria-label="{}">{sign}</button>"#,
                escaped(label)
            )
        }))
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }
}

impl fmt::Display for CleanHtml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for CleanHtml {}

fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.render.hardbreaks = true;
    options
}

fn cleaned(text: &str) -> String {
    let html = comrak::markdown_to_html(text, &options());
    CLEANER.clean(&html).to_string()
}

/// With each box drawn, by its number and whether it is ticked.
fn boxes(html: &str, draw: impl Fn(usize, bool) -> String) -> String {
    let mut drawn = String::with_capacity(html.len());
    let mut rest = html;
    let mut index = 0;
    loop {
        let next = BOX.map(|one| rest.find(one));
        let (at, is_done) = match next {
            [Some(done), open] if open.is_none_or(|open| done < open) => (done, true),
            [_, Some(open)] => (open, false),
            _ => return drawn + rest,
        };
        drawn.push_str(&rest[..at]);
        drawn.push_str(&draw(index, is_done));
        rest = &rest[at + BOX[usize::from(!is_done)].len()..];
        index += 1;
    }
}

/// A box of a task list in Markdown.
struct Tick {
    is_done: bool,
    /// What stands beside it.
    label: String,
    /// The line and the byte in it of what is between the brackets, from 0.
    place: (usize, usize),
}

fn ticks(text: &str) -> Vec<Tick> {
    let arena = Arena::new();
    let root = comrak::parse_document(&arena, text, &options());
    let ticks = root.descendants().filter_map(|node| {
        let NodeValue::TaskItem(item) = node.data.borrow().value else {
            return None;
        };
        let start = item.symbol_sourcepos.start;
        Some(Tick {
            is_done: item.symbol.is_some(),
            label: first_line(node),
            place: (start.line.checked_sub(1)?, start.column.checked_sub(1)?),
        })
    });
    ticks.collect()
}

fn first_line<'a>(item: &'a AstNode<'a>) -> String {
    let mut line = String::new();
    let paragraph = item.first_child();
    for node in paragraph.into_iter().flat_map(AstNode::descendants) {
        match &node.data.borrow().value {
            NodeValue::Text(text) => line.push_str(text),
            NodeValue::Code(code) => line.push_str(&code.literal),
            NodeValue::SoftBreak | NodeValue::LineBreak => break,
            _ => {}
        }
    }
    line
}

/// What stands behind an `@` outside code and links, and may be somebody's name.
pub fn mentioned(text: &str) -> BTreeSet<String> {
    let arena = Arena::new();
    let root = comrak::parse_document(&arena, text, &options());
    mentions::candidates(root)
}

/// Markdown with one box of its task lists ticked or not, the boxes counted from 0; `None` where there
/// is no such box.
pub fn ticked(text: &str, index: usize, is_done: bool) -> Option<String> {
    let tick = ticks(text).into_iter().nth(index)?;
    if tick.is_done == is_done {
        return Some(text.to_owned());
    }
    let (line, byte) = tick.place;
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let symbol = text.get(start + byte..)?.chars().next()?;
    let mut changed = text.to_owned();
    let place = start + byte..start + byte + symbol.len_utf8();
    changed.replace_range(place, if is_done { "x" } else { " " });
    // What is not a box of the same place any more was none that can be ticked by hand.
    let after = ticks(&changed);
    let fits = after.get(index).is_some_and(|tick| tick.is_done == is_done);
    fits.then_some(changed)
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    // Writing into a text cannot fail.
    let _ = comrak::html::escape(&mut escaped, text);
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_cannot_carry_a_script() {
        for text in [
            "<script>alert(1)</script>",
            "[x](javascript:alert(1))",
            "<img src=x onerror=alert(1)>",
            "<a href='javascript:alert(1)'>x</a>",
            "[x](data:text/html,<script>alert(1)</script>)",
            "<svg onload=alert(1)>",
        ] {
            let html = CleanHtml::from_markdown(text).to_string();
            for bad in [
                "<script",
                "javascript:",
                "onerror",
                "onload",
                "data:",
                "<svg",
                "<img",
            ] {
                assert!(!html.contains(bad), "{text} became {html}");
            }
        }
    }

    #[test]
    fn markdown_becomes_what_it_says() {
        let html = CleanHtml::from_markdown("**bold** and `code`\n\n- one").to_string();
        assert!(html.contains("<strong>bold</strong>") && html.contains("<li>one</li>"));
    }

    #[test]
    fn a_name_is_a_link_where_somebody_has_it() {
        let href = |name: &str| {
            ["sam", "kim_b", "a.b"]
                .contains(&name)
                .then(|| format!("/tasks?assignee={name}"))
        };
        let html = |text: &str| CleanHtml::with_mentions(text, href).to_string();
        let link = |name: &str| {
            format!(
                r#"<a href="/tasks?assignee={name}" rel="noopener noreferrer nofollow">@{name}</a>"#
            )
        };
        assert_eq!(html("Ask @sam."), format!("<p>Ask {}.</p>\n", link("sam")));
        assert_eq!(
            html("**@sam**, @kim_b and (@a.b)"),
            format!(
                "<p><strong>{}</strong>, {} and ({})</p>\n",
                link("sam"),
                link("kim_b"),
                link("a.b")
            )
        );
        for text in [
            "`@sam`",
            "```\n@sam\n```",
            "    @sam",
            "[@sam](https://lab.example)",
            "mail@sam",
            "sam@sam.example",
            "@nobody",
            "@sammy",
            "@Sam",
            "@@sam",
            "@ sam",
        ] {
            assert!(
                !html(text).contains("/tasks?"),
                "{text} became {}",
                html(text)
            );
        }
        let evil = html("@sam<script>alert(1)</script>");
        assert!(!evil.contains("<script"), "{evil}");
    }

    #[test]
    fn what_may_be_a_name_is_found_once_and_not_in_code() {
        let found = mentioned("@sam, @sam and @kim.\n\n`@code` a@b [x @link](/x) @-x @");
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            ["kim", "kim.", "sam"]
        );
    }

    #[test]
    fn a_box_is_ticked_where_it_stands() {
        let text =
            "# List\r\n\n- [ ] one\n  - [x] `two`\n\n```\n- [ ] code\n```\n> 1. [ ] drei ä\n";
        let labels: Vec<String> = ticks(text).into_iter().map(|tick| tick.label).collect();
        assert_eq!(labels, ["one", "two", "drei ä"]);
        assert_eq!(
            ticked(text, 0, true).as_deref(),
            Some(text.replacen("[ ] one", "[x] one", 1).as_str())
        );
        assert_eq!(
            ticked(text, 1, false).as_deref(),
            Some(text.replacen("[x] `two`", "[ ] `two`", 1).as_str())
        );
        assert_eq!(
            ticked(text, 2, true).as_deref(),
            Some(text.replacen("[ ] drei", "[x] drei", 1).as_str())
        );
        assert_eq!(ticked(text, 0, false).as_deref(), Some(text));
        assert_eq!(ticked(text, 3, true), None);
    }

    #[test]
    fn boxes_become_buttons_with_what_stands_beside_them() {
        let html = CleanHtml::with_ticks("- [x] a \"b\" & c\n- [ ] d", "ticks").to_string();
        assert!(
            html.contains(
                r#"value="0:open" aria-pressed="true" aria-label="a &quot;b&quot; &amp; c""#
            ),
            "{html}"
        );
        assert!(
            html.contains(r#"value="1:done" aria-pressed="false" aria-label="d""#),
            "{html}"
        );
        assert!(!html.contains("<input"), "{html}");
        let html =
            CleanHtml::from_markdown("- [x] a\n\n<input type=checkbox disabled>").to_string();
        assert!(html.contains("☑") && !html.contains("<input"), "{html}");
    }
}
