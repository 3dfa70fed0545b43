//! What the stories say in one line.

use serde_json::Value;
use taylordash::plugins::schema::{Answer, Compiled, Form, Saved, post, render, views};

use crate::browser::Page;

pub fn compiled(schema: &Value) -> Compiled {
    Compiled::new(schema).unwrap_or_else(|problems| panic!("{problems:#?}\n{schema:#}"))
}

pub fn page(form: &Form) -> Page {
    Page::open(
        &views::region(form, "/plugins/x/config")
            .unwrap()
            .to_string(),
    )
}

pub fn open(schema: &Value, stored: &Value) -> Page {
    page(&render(&compiled(schema), stored))
}

/// Posts, and expects it to be saved.
pub fn save(schema: &Value, stored: &Value, pairs: &[(String, String)]) -> Value {
    saved(schema, stored, pairs).value
}

pub fn saved(schema: &Value, stored: &Value, pairs: &[(String, String)]) -> Saved {
    match post(&compiled(schema), stored, pairs) {
        Answer::Save(saved) => saved,
        Answer::Refuse(form) => panic!("refused: {:#?}\n{pairs:?}", form.summary),
        Answer::Show(_) => panic!("shown"),
    }
}

/// Posts, and expects the form again with its complaints.
pub fn refused(
    schema: &Value,
    stored: &Value,
    pairs: &[(String, String)],
) -> (Page, Vec<(String, String)>) {
    match post(&compiled(schema), stored, pairs) {
        Answer::Refuse(form) => {
            let complaints = form
                .summary
                .iter()
                .map(|line| (line.id.clone(), line.message.clone()))
                .collect();
            (page(&form), complaints)
        }
        other => panic!("expected a refusal: {other:?}"),
    }
}

/// Presses a button that changes the form.
pub fn press(schema: &Value, stored: &Value, page: &Page, action: &str) -> Page {
    match post(&compiled(schema), stored, &page.click(action)) {
        Answer::Show(form) => self::page(&form),
        other => panic!("expected the form: {other:?}"),
    }
}

pub fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}
