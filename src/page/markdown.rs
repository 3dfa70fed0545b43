use std::fmt;
use std::sync::LazyLock;

use ammonia::Builder;
use comrak::Options;

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
    cleaner
});

impl CleanHtml {
    /// From Markdown as people write it (CommonMark with tables, strikethrough, task lists and bare
    /// links). Raw HTML in it is left out.
    pub fn from_markdown(text: &str) -> Self {
        let mut options = Options::default();
        options.extension.table = true;
        options.extension.strikethrough = true;
        options.extension.autolink = true;
        options.extension.tasklist = true;
        options.render.hardbreaks = true;
        Self(
            CLEANER
                .clean(&comrak::markdown_to_html(text, &options))
                .to_string(),
        )
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
}
