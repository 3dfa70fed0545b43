//! The posted pairs, sorted into a tree by the pointers in their names.

/// Everything that was posted for one place.
#[derive(Debug, Default)]
pub(super) struct Posted {
    /// What the control named by the pointer alone posted; several for checkboxes.
    pub values: Vec<String>,
    /// `is:` how to read it.
    pub is: Option<String>,
    /// `row:` the last keys of the items or rows, in their order.
    pub rows: Vec<String>,
    /// `key:` the name of a map's row.
    pub key: Option<String>,
    /// `from:` where an item stands in the stored document.
    pub from: Option<String>,
    /// `null:` the box “not set”.
    pub null: bool,
    /// `branch:` the chosen branches.
    pub branches: Vec<String>,
    /// `remove:` the box that takes a secret away.
    pub remove: bool,
    /// `order:` the stored order of checkboxes.
    pub order: Vec<String>,
    pub children: Vec<(String, Posted)>,
}

/// The name under which a document that is one JSON editor posts itself: a field cannot be named by
/// the empty pointer.
pub(super) const ROOT_NAME: &str = "config";

impl Posted {
    /// Sorts `pairs`; what names no place is left out.
    pub fn new(pairs: &[(String, String)]) -> Posted {
        let mut root = Posted::default();
        for (name, value) in pairs {
            if let Some((mark, keys)) = place(name) {
                root.at(keys).put(mark, value);
            }
        }
        root
    }

    /// What was posted for the member or item `key`.
    pub fn child(&self, key: &str) -> Option<&Posted> {
        self.children
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, child)| child)
    }

    /// The kind in the `is:` mark, and whether it has this flag.
    pub fn kind(&self) -> Option<&str> {
        self.is
            .as_deref()
            .map(|is| is.split(';').next().unwrap_or_default())
    }

    pub fn flag(&self, flag: &str) -> bool {
        self.is
            .as_deref()
            .is_some_and(|is| is.split(';').skip(1).any(|each| each == flag))
    }

    fn at(&mut self, keys: Vec<String>) -> &mut Posted {
        let mut place = self;
        for key in keys {
            let known = place.children.iter().position(|(name, _)| name == &key);
            let i = known.unwrap_or_else(|| {
                place.children.push((key, Posted::default()));
                place.children.len() - 1
            });
            place = &mut place.children[i].1;
        }
        place
    }

    fn put(&mut self, mark: &str, value: &str) {
        match mark {
            "is" => self.is = Some(value.to_owned()),
            "row" => self.rows.extend(
                super::pointer::keys(&format!("/{value}"))
                    .into_iter()
                    .flatten(),
            ),
            "key" => self.key = Some(value.to_owned()),
            "from" => self.from = Some(value.to_owned()),
            "null" => self.null = true,
            "branch" => self.branches.push(value.to_owned()),
            "remove" => self.remove = true,
            "order" => self.order.push(value.to_owned()),
            _ => self.values.push(value.to_owned()),
        }
    }
}

/// The mark and the keys in a field's name.
fn place(name: &str) -> Option<(&str, Vec<String>)> {
    if name == ROOT_NAME {
        return Some(("", Vec::new()));
    }
    if name.starts_with('/') {
        return Some(("", super::pointer::keys(name)?));
    }
    let (mark, pointer) = name.split_once(':')?;
    let known = [
        "is", "row", "key", "from", "null", "branch", "remove", "order",
    ]
    .contains(&mark);
    known
        .then(|| super::pointer::keys(pointer))
        .flatten()
        .map(|keys| (mark, keys))
}
