//! Rust files as the rules read them: code without comments, texts and tests, and the paths it names.

use std::path::Path;

/// One file under `src/`.
#[derive(Clone, Debug)]
pub struct Source {
    /// `users/store.rs`
    pub name: String,
    /// The code alone; lines stay where they were.
    pub code: String,
    /// As written, without the tests at its end.
    pub text: String,
}

impl Source {
    pub fn new(name: &str, text: &str) -> Self {
        let text = text.split("#[cfg(test)]\nmod ").next().unwrap().to_owned();
        Self {
            name: name.to_owned(),
            code: code_of(&text),
            text,
        }
    }

    /// The folder below `src/`, or the file itself: `users`, `config`.
    pub fn room(&self) -> &str {
        self.name.split('/').next().unwrap().trim_end_matches(".rs")
    }

    /// `store.rs`, also for a folder of that name: `system/store/sqlite.rs`.
    pub fn is(&self, part: &str) -> bool {
        self.in_folder()
            && self
                .name
                .split('/')
                .skip(1)
                .any(|step| step.trim_end_matches(".rs") == part)
    }

    pub fn in_folder(&self) -> bool {
        self.name.contains('/')
    }

    /// Every path that the code names, from `crate` or from the name of another crate on.
    pub fn paths(&self) -> Vec<Vec<String>> {
        let mut paths = Vec::new();
        let mut rest = self.code.as_str();
        while let Some(found) = next_path(rest) {
            let (start, end) = found;
            let is_use =
                rest[..start].trim_end().ends_with("use") && rest[end..].starts_with("::{");
            if is_use {
                let close = matching(&rest[end + 2..]) + end + 2;
                expand(&rest[start..close], &[], &mut paths);
                rest = &rest[close..];
            } else {
                paths.push(split(&rest[start..end]));
                rest = &rest[end..];
            }
        }
        paths.into_iter().map(|path| self.absolute(path)).collect()
    }

    fn absolute(&self, path: Vec<String>) -> Vec<String> {
        let mut here: Vec<&str> = self.name.trim_end_matches(".rs").split('/').collect();
        if here.last() == Some(&"mod") {
            here.pop();
        }
        let mut steps = path.iter().map(String::as_str).peekable();
        match steps.peek().copied() {
            Some("super") => {
                while steps.next_if_eq(&"super").is_some() {
                    here.pop();
                }
            }
            Some("self") => {
                steps.next();
            }
            _ => return path,
        }
        let inside = std::iter::once("crate").chain(here).chain(steps);
        inside.map(str::to_owned).collect()
    }

    /// Every function of this file that routes may name: its name and the lines of its body.
    pub fn handlers(&self) -> Vec<(String, usize)> {
        let mut found = Vec::new();
        for (start, _) in self.code.match_indices("pub async fn ") {
            let rest = &self.code[start + "pub async fn ".len()..];
            let name = rest.split('(').next().unwrap();
            let Some(open) = rest.find("{\n") else {
                continue;
            };
            let body = &rest[open..open + matching(&rest[open..])];
            found.push((name.to_owned(), body.lines().count().saturating_sub(2)));
        }
        found
    }
}

/// All of `src/`.
pub fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = files(&root, "rs");
    files
        .iter()
        .map(|(name, text)| Source::new(name, text))
        .collect()
}

/// Every file below `root` with that ending: its name from there, and its text.
pub fn files(root: &Path, ending: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|given| given == ending) {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap();
                found.push((name.to_owned(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// Where the next `a::b::c` begins and ends.
fn next_path(text: &str) -> Option<(usize, usize)> {
    let colons = text.find("::")?;
    let start = text[..colons]
        .rfind(|c: char| !is_word(c))
        .map_or(0, |at| at + text[at..].chars().next().unwrap().len_utf8());
    let mut end = colons;
    while text[end..].starts_with("::") {
        let word: usize = text[end + 2..].chars().take_while(|c| is_word(*c)).count();
        if word == 0 {
            break;
        }
        end += 2 + word;
    }
    // `<T>::new` and `::{` without a name before them.
    if end == colons && !text[end..].starts_with("::{") {
        end += 2;
    }
    Some((start.min(colons), end))
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn split(path: &str) -> Vec<String> {
    path.split("::")
        .map(|step| step.trim().to_owned())
        .collect()
}

/// The length of a text up to and with the bracket that closes its first one.
fn matching(text: &str) -> usize {
    let mut depth = 0_i32;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return at + 1;
        }
    }
    text.len()
}

/// `a::{b, c::{d, e}}` into a::b, a::c::d and a::c::e.
fn expand(tree: &str, before: &[String], into: &mut Vec<Vec<String>>) {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        let name = tree.split(" as ").next().unwrap();
        if !name.is_empty() {
            into.push([before, &split(name)].concat());
        }
        return;
    };
    let stem = split(tree[..open].trim_end_matches("::"));
    let before = [before, &stem].concat();
    let inner = &tree[open + 1..open + matching(&tree[open..]) - 1];
    let mut depth = 0;
    let mut start = 0;
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                expand(&inner[start..at], &before, into);
                start = at + 1;
            }
            _ => {}
        }
    }
    expand(&inner[start..], &before, into);
}

/// Blanks comments and the insides of texts.
fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("r#\"") {
            rest[3..].find("\"#").map_or(rest.len(), |at| at + 5)
        } else if c == '"' {
            end_of_text(rest)
        } else if rest.starts_with("'\"'") || rest.starts_with("'{'") || rest.starts_with("'}'") {
            3
        } else if rest.starts_with("'\\") {
            rest[2..].find('\'').map_or(rest.len(), |at| at + 3)
        } else {
            0
        };
        if skipped == 0 {
            code.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            code.extend(rest[..skipped].chars().filter(|c| *c == '\n'));
            rest = &rest[skipped..];
        }
    }
    code
}

fn end_of_text(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}
